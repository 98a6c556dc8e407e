#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace m1opt::model {

using namespace m1opt::base;

/// What the choice of a profile goes by. Absent: not known, and has no say.
struct MachineFacts {
  std::optional<Bytes> memory;
  std::optional<int> fans;
  std::optional<bool> battery;   ///< there is one, whether it is in use or not
  std::optional<int> displays;   ///< connected ones

  bool operator==(const MachineFacts&) const = default;
};

/// One or several profiles, the later over the earlier, and why just these.
struct ProfilePick {
  std::string name;    ///< "8gb+fanless"; "none"
  std::string reason;  ///< one sentence with the readings

  bool operator==(const ProfilePick&) const = default;
};

/// A file of the configuration as it was read, or the default.
struct ConfigText {
  std::string name;
  std::string text;

  bool operator==(const ConfigText&) const = default;
};

/// What the effective configuration was made from, for saying what another profile would change.
struct ConfigOrigin {
  std::vector<ConfigText> files;  ///< m1opt.json or the default, then the drop-ins
  std::string wish;               ///< the key `profile` in them
  ProfilePick automatic;          ///< what "auto" is on this machine
};

}  // namespace m1opt::model
