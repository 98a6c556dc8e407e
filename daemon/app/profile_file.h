#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace m1opt::app {

using namespace m1opt::base;

/// The profile that was chosen by command, over restarts.
struct ChosenProfile {
  std::string choice;
  std::uint32_t uid{0};  ///< who chose it

  bool operator==(const ChosenProfile&) const = default;
};

/// profile.txt in the state directory, which is trusted as a whole.
class ProfileFile {
 public:
  explicit ProfileFile(const std::string& state_directory)
      : path_(state_directory.empty() ? "" : state_directory + "/profile.txt") {}

  /// Empty when none was chosen; `parse` for anything that save() does not write.
  [[nodiscard]] Result<std::optional<ChosenProfile>> load() const;
  Result<void> save(const ChosenProfile& chosen) const;
  Result<void> remove() const;

 private:
  std::string path_;  ///< empty: nothing is kept
};

}  // namespace m1opt::app
