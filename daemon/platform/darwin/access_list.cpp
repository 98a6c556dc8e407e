#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"

namespace m1opt::platform::darwin {

namespace {

/// Root's GeneratedUID: the prefix that the kernel gives to local users, and uid
/// 0 (xnu bsd/kern/kern_credential.c, _user_compat_prefix). No directory is asked.
constexpr std::array<std::uint8_t, 16> kRoot{0xff, 0xff, 0xee, 0xee, 0xdd, 0xdd, 0xcc, 0xcc,
                                             0xbb, 0xbb, 0xaa, 0xaa, 0,    0,    0,    0};

/// What lets somebody change the object, what is in it, or who may.
constexpr std::uint32_t kChanges = kAccessWriteData | kAccessDelete | kAccessAppendData |
                                   kAccessDeleteChild | kAccessWriteSecurity | kAccessChangeOwner;

std::string name_of(const std::array<std::uint8_t, 16>& who) {
  std::string name;
  for (std::size_t i = 0; i < who.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) name += '-';
    name += fmt::format("{:02X}", who[i]);
  }
  return name;
}

}  // namespace

/// An entry only for what will be made inside counts too.
Result<std::optional<std::string>> find_foreign_writer(RawCalls& calls, const std::string& path) {
  const auto entries = calls.access_list(path.c_str());
  if (!entries) return entries.error();
  for (const AccessEntry& entry : *entries) {
    if (!entry.allows || (entry.rights & kChanges) == 0 || entry.who == kRoot) continue;
    return "its access list lets " + name_of(entry.who) + " change it: chmod -N " + path;
  }
  return std::nullopt;
}

}  // namespace m1opt::platform::darwin
