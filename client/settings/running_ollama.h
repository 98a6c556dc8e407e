#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/settings/ollama_variables.h"
#include "platform/platform.h"

namespace m1opt::client::settings {

/// The process of a server, `ollama serve`.
struct RunningOllama {
  std::int32_t pid{0};
  /// NAME=value of variable_names(); absent when its environment may not be read, with the reason.
  std::optional<std::vector<std::string>> variables{};
  std::string why_not{};
  std::optional<Era> engine{};  ///< what its children are; absent when it has none

  /// Absent when it is not set, or not known.
  [[nodiscard]] std::optional<std::string> value_of(const std::string& name) const;
};

/// The first that there is.
std::optional<RunningOllama> find_running_ollama(platform::ProcessTable& processes);

/// What the version says, else (built from source it says 0.0.0) what its children are, else the
/// newer one.
Era era_of(const std::string& version, const std::optional<RunningOllama>& running);

}  // namespace m1opt::client::settings
