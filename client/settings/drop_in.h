#pragma once

#include <memory>

#include "client/settings/keeping.h"

namespace m1opt::client::settings {

/// A drop-in file of systemd beside the unit ollama.service.
struct DropInPlace {
  std::string directory;  ///< ".../ollama.service.d"
  bool of_user{false};    ///< of systemd --user
};

/// Where the unit of the user's own, else the system's, is looked for below `root` ("" = the machine).
/// Failure: there is none.
Expected<DropInPlace> find_drop_in_place(const std::string& root, const std::string& home);

std::string drop_in_text(const std::vector<Variable>& variables);

std::unique_ptr<Keeping> make_drop_in(DropInPlace place, RunTool run);

}  // namespace m1opt::client::settings
