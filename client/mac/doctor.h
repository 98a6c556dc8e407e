#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/doctor.h"
#include "client/mac/core_foundation.h"

/// What `m1optctl doctor` looks for on a Mac besides the daemon. Never run on one.
namespace m1opt::client::mac {

/// 0 when this process can open the file to read it, else errno.
int try_to_open(const std::string& path);

/// The machine to look at, so that a made-up one can be looked at too.
struct Machine {
  std::string root;  ///< "" = the machine itself
  std::string home;
  unsigned uid{0};
  std::optional<bool> apple_silicon;
  std::optional<bool> translated;
  std::function<int(const std::string& path)> open_error = try_to_open;
};

/// This machine, as this user.
Machine this_machine();

/// Jobs of launchd, this one's rights, Rosetta, and what else holds the fans.
std::vector<Finding> examine(const Machine& machine, const Expected<DecodePlist>& decode);

}  // namespace m1opt::client::mac
