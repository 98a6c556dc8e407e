#pragma once

#include <boost/describe.hpp>
#include <string>

namespace m1opt::wire {

/// Why a request failed, as a word that programs may rely on; never renamed
/// within v1. Status and title of each: problem.cpp.
enum class ProblemCode {
  bad_request,
  bad_json,
  unknown_key,
  unknown_query,
  forbidden,
  refused,
  unknown_route,
  not_found,
  method_not_allowed,
  request_timeout,
  conflict,
  sysroot,
  body_too_large,
  unprocessable,
  config_invalid,
  header_too_large,
  internal,
  failed,
  busy,
  starting,
  timed_out
};
BOOST_DESCRIBE_ENUM(ProblemCode, bad_request, bad_json, unknown_key, unknown_query, forbidden,
                    refused, unknown_route, not_found, method_not_allowed, request_timeout,
                    conflict, sysroot, body_too_large, unprocessable, config_invalid,
                    header_too_large, internal, failed, busy, starting, timed_out)

/// RFC 9457. `detail` says what is wrong here, `hint` what to do about it.
struct ProblemDocument {
  std::string type;  ///< "urn:m1opt:problem:" and the code
  std::string title;
  int status{0};
  std::string code;
  std::string detail;
  std::string hint;

  bool operator==(const ProblemDocument&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProblemDocument, (), (type, title, status, code, detail, hint))

int status_of(ProblemCode code);
ProblemDocument make_problem(ProblemCode code, std::string detail, std::string hint = {});

}  // namespace m1opt::wire
