#pragma once

#include <cstdint>
#include <string>

#include "platform/darwin/errors.h"
#include "platform/darwin/layouts.h"
#include "platform/darwin/raw_calls.h"

/// Typed values of named sysctls. A name that does not exist is `unsupported`,
/// a value of another size than expected `parse`.
namespace m1opt::platform::darwin {

/// A whole number of 4 or 8 bytes, as the system chose.
Result<std::int64_t> read_sysctl_number(RawCalls& calls, const char* name);
/// Text without the closing NUL; empty text is `parse`.
Result<std::string> read_sysctl_text(RawCalls& calls, const char* name);

template <class T>
Result<T> read_sysctl_layout(RawCalls& calls, const char* name) {
  std::array<std::byte, sizeof(T)> bytes{};
  const Answer answer = calls.sysctl(name, bytes);
  if (!answer.ok()) return sysctl_error(name, answer.error);
  if (answer.value != static_cast<std::int64_t>(sizeof(T))) {
    return Error{Errc::parse, 0,
                 "sysctl " + std::string(name) + " gives " + std::to_string(answer.value) +
                     " bytes instead of " + std::to_string(sizeof(T))};
  }
  return *read_layout<T>(bytes);
}

}  // namespace m1opt::platform::darwin
