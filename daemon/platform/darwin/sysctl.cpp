#include "platform/darwin/sysctl.h"

#include <algorithm>

namespace m1opt::platform::darwin {

Result<std::int64_t> read_sysctl_number(RawCalls& calls, const char* name) {
  std::array<std::byte, 8> bytes{};
  const Answer answer = calls.sysctl(name, bytes);
  if (!answer.ok()) return sysctl_error(name, answer.error);
  if (answer.value == 4) return *read_layout<std::int32_t>(bytes);
  if (answer.value == 8) return *read_layout<std::int64_t>(bytes);
  return Error{Errc::parse, 0,
               "sysctl " + std::string(name) + " gives " + std::to_string(answer.value) +
                   " bytes, which is no number"};
}

Result<std::string> read_sysctl_text(RawCalls& calls, const char* name) {
  std::array<std::byte, 256> bytes{};
  const Answer answer = calls.sysctl(name, bytes);
  if (!answer.ok()) return sysctl_error(name, answer.error);
  const auto length = static_cast<std::size_t>(std::max<std::int64_t>(answer.value, 0));
  std::string text(reinterpret_cast<const char*>(bytes.data()), std::min(length, bytes.size()));
  text.resize(std::strlen(text.c_str()));
  if (text.empty()) return Error{Errc::parse, 0, "sysctl " + std::string(name) + " is empty"};
  return text;
}

}  // namespace m1opt::platform::darwin
