#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "client/exit_code.h"

namespace m1opt::client {

/// Why a verb stops: what failed and why, the one command that mends it (may be
/// empty), and the exit status that scripts see.
struct Failure {
  // An aggregate could be made from a bool, which Expected<bool> must not do.
  Failure() = default;
  Failure(int status, std::string what, std::string mend)
      : exit_status(status), text(std::move(what)), fix(std::move(mend)) {}

  int exit_status{exit_code::kFailure};
  std::string text;
  std::string fix;
  std::string problem{};  ///< the API's code of a problem document, "not_found"
  bool unanswered{false};  ///< a request had gone out: whether it was carried out is not known
};

[[noreturn]] inline void throw_exception_from_error(const Failure& failure,
                                                    const boost::source_location&) {
  throw std::runtime_error(failure.text);
}

template <class T>
using Expected = boost::system::result<T, Failure>;

}  // namespace m1opt::client
