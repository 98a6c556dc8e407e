#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

/// Users and groups as every POSIX system keeps them. A look-up may ask a
/// directory server and take its time.
namespace m1opt::platform::posix {

using namespace m1opt::base;

/// `gone` when there is no such group or user.
Result<std::uint32_t> find_group(const std::string& name);
Result<std::uint32_t> find_user(const std::string& name);
/// The primary group first; empty when there is no such user.
std::vector<std::uint32_t> groups_of(std::uint32_t uid);
/// Is nobody but this user and root in the group, as far as the accounts can be listed? One thread only.
bool is_own_group(std::uint32_t gid, std::uint32_t uid);
/// daemon (it may write to /var/run on macOS) or syslog (/var/log on Ubuntu), unless a person is in it.
bool is_service_group(std::uint32_t gid);

}  // namespace m1opt::platform::posix
