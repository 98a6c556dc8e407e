#include "platform/darwin/errors.h"

#include <fmt/format.h>

#include <cerrno>

#include "platform/darwin/raw_calls.h"

namespace m1opt::platform::darwin {

Error error_of(const std::string& call, int os_errno) {
  Error error = error_from_errno(call, os_errno);
  if (os_errno == ENOTSUP || os_errno == EOPNOTSUPP || os_errno == EINVAL) {
    error.code = Errc::unsupported;
  }
  return error;
}

Error sysctl_error(const std::string& name, int os_errno) {
  if (os_errno == ENOENT) return {Errc::unsupported, os_errno, "this system has no sysctl " + name};
  return error_of("sysctl " + name, os_errno);
}

Error kernel_error(const std::string& call, int kern_return) {
  switch (kern_return) {
    case kKernInvalidArgument:
      return {Errc::unsupported, 0, call + ": KERN_INVALID_ARGUMENT"};
    case kMigArrayTooLarge: return {Errc::unsupported, 0, call + ": MIG_ARRAY_TOO_LARGE"};
    case kKernFailure: return {Errc::io, 0, call + ": KERN_FAILURE"};
    default: return {Errc::io, 0, fmt::format("{}: kern_return {}", call, kern_return)};
  }
}

Problem problem_of(const std::string& reader, const Error& error) {
  return {reader, to_string(error.code), error.what};
}

Problem problem_of(const std::string& reader, Errc code, std::string text) {
  return {reader, to_string(code), std::move(text)};
}

}  // namespace m1opt::platform::darwin
