#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace m1opt::base {

/// `unready`: journal or guardian could not take part, so nothing was tried on the process itself.
enum class Errc { gone, not_permitted, unsupported, changed, busy, parse, io, unready };

/// The word used in logs, the API and the journal.
const char* to_string(Errc code);

/// What failed and why. `what` reads as a chain, outermost first:
/// "suspend pid 812: kill(SIGSTOP): Operation not permitted".
struct Error {
  Errc code{Errc::io};
  int os_errno{0};
  std::string what;

  [[nodiscard]] Error within(const std::string& context) const {
    return {code, os_errno, context + ": " + what};
  }
};

/// For the current errno: ESRCH and ENOENT are `gone`, EPERM and EACCES
/// `not_permitted`, ENOSYS, EOPNOTSUPP and EINVAL stay with the caller's wish.
Error error_from_errno(const std::string& context, int os_errno);

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace m1opt::base
