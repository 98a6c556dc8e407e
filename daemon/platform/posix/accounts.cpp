#include "platform/posix/accounts.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace m1opt::platform::posix {

namespace {

constexpr std::size_t kFirstBuffer = 4096;
constexpr std::size_t kLargestBuffer = 4U << 20U;
constexpr std::size_t kFirstGroups = 64;
constexpr std::size_t kMostGroups = 1U << 16U;
/// People's accounts begin at 501 on macOS and at 1000 on Linux.
constexpr std::uint32_t kFirstPerson = 500;

/// Calls one of the getXXnam_r family with growing buffers. `call(buffer,
/// size)` returns its error number.
template <class Call>
int with_buffer(Call call) {
  for (std::size_t size = kFirstBuffer; size <= kLargestBuffer; size *= 4) {
    std::vector<char> buffer(size);
    const int error = call(buffer.data(), buffer.size());
    if (error != ERANGE) return error;
  }
  return ERANGE;
}

/// getgrouplist takes gid_t on Linux and int on macOS, and only Linux says how
/// many there are when the room was too small.
template <class Group>
std::vector<std::uint32_t> list_groups(int (*call)(const char*, Group, Group*, int*),
                                       const std::string& name, gid_t primary) {
  for (std::size_t room = kFirstGroups; room <= kMostGroups; room *= 4) {
    std::vector<Group> groups(room);
    int count = static_cast<int>(room);
    if (call(name.c_str(), static_cast<Group>(primary), groups.data(), &count) < 0) continue;
    return {groups.begin(), groups.begin() + count};
  }
  return {primary};
}

struct GroupEntry {
  std::string name;  ///< "" when there is none
  std::vector<std::string> members;
};

GroupEntry read_group(std::uint32_t gid) {
  GroupEntry found;
  with_buffer([&](char* buffer, std::size_t size) {
    group entry{};
    group* result = nullptr;
    const int code = ::getgrgid_r(gid, &entry, buffer, size, &result);
    if (result == nullptr) return code;
    found.name = result->gr_name;
    for (char** member = result->gr_mem; *member != nullptr; ++member) found.members.emplace_back(*member);
    return code;
  });
  return found;
}

}  // namespace

Result<std::uint32_t> find_group(const std::string& name) {
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

std::vector<std::uint32_t> groups_of(std::uint32_t uid) {
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
  if (name.empty()) return {};
  return list_groups(::getgrouplist, name, primary);
}

bool is_own_group(std::uint32_t gid, std::uint32_t uid) {
  const GroupEntry group = read_group(gid);
  bool alone = !group.name.empty() && std::all_of(group.members.begin(), group.members.end(), [&](const auto& member) {
    const auto account = find_user(member);
    return account && (*account == 0 || *account == uid);
  });
  ::setpwent();
  while (const passwd* entry = ::getpwent()) {
    if (entry->pw_gid == gid && entry->pw_uid != 0 && entry->pw_uid != uid) alone = false;
  }
  ::endpwent();
  return alone;
}

bool is_service_group(std::uint32_t gid) {
  const GroupEntry group = read_group(gid);
  if (group.name != "daemon" && group.name != "syslog") return false;
  return std::all_of(group.members.begin(), group.members.end(), [](const std::string& member) {
    const auto uid = find_user(member);
    return uid && *uid < kFirstPerson;
  });
}

}  // namespace m1opt::platform::posix
