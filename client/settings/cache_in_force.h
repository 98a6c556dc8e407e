#pragma once

#include <optional>
#include <string>

#include "client/settings/running_ollama.h"

namespace m1opt::client::settings {

/// How a server keeps the context of each request.
struct CacheInForce {
  std::string type;   ///< "f16"
  int slots{1};       ///< requests at once, each with a context of its own
  bool known{false};  ///< false: nothing is known of a server

  /// "a KV cache of f16 and 1 slot, as the running Ollama has them"
  [[nodiscard]] std::string text() const;
};

/// Of the running server; where that is not to be known f16, and the slots that this RAM is recommended.
CacheInForce find_cache_in_force(const std::optional<RunningOllama>& running, Era era, base::Bytes ram);

}  // namespace m1opt::client::settings
