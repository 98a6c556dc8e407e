#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "platform/platform.h"
#include "platform/posix/accounts.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kFirstGroups = 64;

}  // namespace

Result<PeerIdentity> peer_identity(int fd) {
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return error_from_errno("getsockopt SO_PEERCRED", errno);
  }
  PeerIdentity peer;
  peer.uid = credentials.uid;
  peer.pid = credentials.pid;
  std::vector<gid_t> groups(kFirstGroups);
  for (;;) {
    length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) break;
    // The kernel writes the length that it needs.
    if (errno != ERANGE) return error_from_errno("getsockopt SO_PEERGROUPS", errno);
    groups.resize(length / sizeof(gid_t) + 1);
  }
  groups.resize(length / sizeof(gid_t));
  peer.groups.assign(groups.begin(), groups.end());
  // The supplementary groups need not hold the primary one.
  if (std::find(peer.groups.begin(), peer.groups.end(), credentials.gid) == peer.groups.end()) {
    peer.groups.insert(peer.groups.begin(), credentials.gid);
  }
  return peer;
}

Result<std::optional<std::string>> find_foreign_writer(const std::string&) { return std::nullopt; }

Result<std::uint32_t> find_group(const std::string& name) {
  if (!name.empty()) return posix::find_group(name);
  if (auto sudo = posix::find_group("sudo")) return sudo;
  if (auto wheel = posix::find_group("wheel")) return wheel;
  return Error{Errc::gone, 0, "there is no group sudo or wheel"};
}

bool is_member(std::uint32_t uid, std::uint32_t gid) {
  const auto groups = posix::groups_of(uid);
  return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

Result<std::uint32_t> find_user(const std::string& name) { return posix::find_user(name); }

}  // namespace m1opt::platform
