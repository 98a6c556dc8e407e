#pragma once

#include <memory>

#include "client/settings/keeping.h"

namespace m1opt::client::settings {

/// A drop-in file of systemd beside the unit ollama.service.
struct DropInPlace {
  std::string directory;  ///< ".../ollama.service.d"
  bool of_user{false};    ///< of systemd --user
  std::string root{};     ///< what stands before the system's own paths; "" = the machine
};

/// Where the unit of the user's own, else the system's, is looked for below `root`. Failure: there is none.
Expected<DropInPlace> find_drop_in_place(const std::string& root, const std::string& home);

/// Where a file of ours is, whether there is a unit or not.
std::vector<DropInPlace> find_drop_ins(const std::string& root, const std::string& home);

/// apply() is for the first place, remove() for all. Nothing is written into what belongs to another
/// user, and no file that is a symlink is read or written. What others wrote in our file stays.
std::unique_ptr<Keeping> make_drop_ins(const std::vector<DropInPlace>& places, const RunTool& run);

}  // namespace m1opt::client::settings
