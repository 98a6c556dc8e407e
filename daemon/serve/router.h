#pragma once

#include <boost/system/result.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "serve/call.h"
#include "serve/route.h"

namespace m1opt::serve {

/// A request's target taken apart.
struct Match {
  const Route* route{nullptr};
  std::map<std::string, std::string, std::less<>> parameters{};
  std::map<std::string, std::string, std::less<>> query{};
};

/// What stands in the way of a request before any handler sees it.
struct Refusal {
  wire::ProblemDocument problem;
  std::string allow{};  ///< for 405: the methods that this path takes
};

/// Finds the row for a method and a target (path and query). Unknown paths,
/// methods and query parameters are refused, each with what is known instead.
boost::system::result<Match, Refusal> find_route(const std::vector<Route>& table,
                                                 std::string_view method, std::string_view target);

/// %41 is A; nothing else is touched. False for a broken escape or a zero byte.
bool decode_percent(std::string_view text, std::string& into);

/// ?dry_run=true. Anything but true and false is refused.
boost::system::result<bool, wire::ProblemDocument> is_dry_run(const Call& call);

}  // namespace m1opt::serve
