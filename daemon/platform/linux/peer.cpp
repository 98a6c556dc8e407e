#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/platform.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLargestBuffer = 4U << 20U;
constexpr std::size_t kFirstGroups = 64;

/// Calls one of the getXXnam_r family with growing buffers. `call(buffer,
/// size)` returns its error number; `found` is looked at after it returned 0.
template <class Call>
int with_buffer(Call call) {
  for (std::size_t size = kFirstBuffer; size <= kLargestBuffer; size *= 4) {
    std::vector<char> buffer(size);
    const int error = call(buffer.data(), buffer.size());
    if (error != ERANGE) return error;
  }
  return ERANGE;
}

Result<std::uint32_t> find_named_group(const std::string& name) {
  std::uint32_t gid = 0;
  bool found = false;
  const int error = with_buffer([&](char* buffer, std::size_t size) {
    group entry{};
    group* result = nullptr;
    const int code = ::getgrnam_r(name.c_str(), &entry, buffer, size, &result);
    found = result != nullptr;
    if (found) gid = result->gr_gid;
    return code;
  });
  if (found) return gid;
  if (error == 0 || error == ENOENT) return Error{Errc::gone, error, "there is no group " + name};
  return error_from_errno("look up group " + name, error);
}

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

Result<std::uint32_t> find_group(const std::string& name) {
  if (!name.empty()) return find_named_group(name);
  if (auto sudo = find_named_group("sudo")) return sudo;
  if (auto wheel = find_named_group("wheel")) return wheel;
  return Error{Errc::gone, 0, "there is no group sudo or wheel"};
}

bool is_member(std::uint32_t uid, std::uint32_t gid) {
  std::string name;
  gid_t primary = 0;
  with_buffer([&](char* buffer, std::size_t size) {
    passwd entry{};
    passwd* result = nullptr;
    const int code = ::getpwuid_r(uid, &entry, buffer, size, &result);
    if (result != nullptr) {
      name = result->pw_name;
      primary = result->pw_gid;
    }
    return code;
  });
  if (name.empty()) return false;
  if (primary == gid) return true;
  std::vector<gid_t> groups(kFirstGroups);
  int count = static_cast<int>(groups.size());
  while (::getgrouplist(name.c_str(), primary, groups.data(), &count) < 0) {
    if (static_cast<std::size_t>(count) <= groups.size()) return false;
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

Result<std::uint32_t> find_user(const std::string& name) {
  std::uint32_t uid = 0;
  bool found = false;
  const int error = with_buffer([&](char* buffer, std::size_t size) {
    passwd entry{};
    passwd* result = nullptr;
    const int code = ::getpwnam_r(name.c_str(), &entry, buffer, size, &result);
    found = result != nullptr;
    if (found) uid = result->pw_uid;
    return code;
  });
  if (found) return uid;
  if (error == 0 || error == ENOENT) return Error{Errc::gone, error, "there is no user " + name};
  return error_from_errno("look up user " + name, error);
}

}  // namespace m1opt::platform
