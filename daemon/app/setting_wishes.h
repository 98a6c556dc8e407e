#pragma once

#include <set>
#include <string>

#include "base/result.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Settings that the daemon is to set by itself when their time comes, by name; over restarts.
/// wished_settings.txt in the state directory, which is trusted as a whole.
class SettingWishes {
 public:
  explicit SettingWishes(const std::string& state_directory) : path_(state_directory + "/wished_settings.txt") {}

  /// Empty when there are none; `parse` for anything that save() does not write.
  [[nodiscard]] Result<std::set<std::string>> load() const;
  /// None: the file is removed.
  Result<void> save(const std::set<std::string>& names) const;

 private:
  std::string path_;
};

}  // namespace m1opt::app
