// Never run on a Mac.
#include <sys/sysctl.h>

#include "client/mac/system.h"

namespace m1opt::client::mac {
namespace {

std::optional<bool> flag(const char* name) {
  int value = 0;
  std::size_t size = sizeof value;
  if (::sysctlbyname(name, &value, &size, nullptr, 0) != 0 || size != sizeof value) {
    return std::nullopt;
  }
  return value != 0;
}

}  // namespace

bool is_mac() { return true; }
std::optional<bool> is_apple_silicon() { return flag("hw.optional.arm64"); }
std::optional<bool> is_translated() { return flag("sysctl.proc_translated"); }

}  // namespace m1opt::client::mac
