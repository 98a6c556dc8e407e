#include <fmt/format.h>

#include <algorithm>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/layouts.h"

namespace m1opt::platform::darwin {

namespace {

constexpr const char* kAdministrators = "admin";

bool contains(const std::vector<std::uint32_t>& groups, std::uint32_t gid) {
  return std::find(groups.begin(), groups.end(), gid) != groups.end();
}

Result<PeerCredentials> read_credentials(RawCalls& calls, int fd) {
  std::array<std::byte, sizeof(PeerCredentials)> bytes{};
  const Answer answer = calls.peer_credentials(fd, bytes);
  if (!answer.ok()) return error_of("getsockopt LOCAL_PEERCRED", answer.error);
  const auto credentials = *read_layout<PeerCredentials>(bytes);
  const bool whole = answer.value == static_cast<std::int64_t>(sizeof(PeerCredentials));
  if (!whole || credentials.version != 0 || credentials.group_count < 0 ||
      credentials.group_count > static_cast<int>(credentials.groups.size())) {
    return Error{Errc::parse, 0,
                 fmt::format("LOCAL_PEERCRED gives {} bytes of version {} with {} groups",
                             answer.value, credentials.version, credentials.group_count)};
  }
  return credentials;
}

}  // namespace

Result<std::uint32_t> find_group(RawCalls& calls, const std::string& name) {
  return calls.find_group(name.empty() ? kAdministrators : name);
}

bool is_member(RawCalls& calls, std::uint32_t uid, std::uint32_t gid) {
  return contains(calls.groups_of(uid), gid);
}

/// The kernel took the credentials when the client connected. Their list of
/// groups holds sixteen at most and is advisory, so a user who is no
/// administrator by it is looked up; that may ask a directory server. The pid
/// is that of whoever touched the socket last: for messages, never for rights.
Result<PeerIdentity> peer_identity(RawCalls& calls, int fd) {
  const auto credentials = read_credentials(calls, fd);
  if (!credentials) return credentials.error();
  PeerIdentity peer;
  peer.uid = credentials->uid;
  if (const Answer pid = calls.peer_pid(fd); pid.ok()) {
    peer.pid = static_cast<std::int32_t>(pid.value);
  }
  const auto count = static_cast<std::size_t>(credentials->group_count);
  peer.groups.assign(credentials->groups.begin(),
                     credentials->groups.begin() + static_cast<std::ptrdiff_t>(count));
  const auto admin = find_group(calls, {});
  const bool complete = count < credentials->groups.size() && admin && contains(peer.groups, *admin);
  if (peer.uid == 0 || complete) return peer;
  for (const std::uint32_t gid : calls.groups_of(peer.uid)) {
    if (!contains(peer.groups, gid)) peer.groups.push_back(gid);
  }
  return peer;
}

}  // namespace m1opt::platform::darwin
