#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace m1opt::client::advise {

/// A model as Ollama names it: [host/][namespace/]model[:tag].
struct ModelName {
  std::string host{"registry.ollama.ai"};
  std::string name_space{"library"};
  std::string model;
  std::string tag{"latest"};

  bool operator==(const ModelName&) const = default;
  /// Without what is there by default: "llama3.2:3b", "hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M".
  [[nodiscard]] std::string text() const;
  /// Ollama takes upper and lower case for the same.
  [[nodiscard]] bool is_same(const ModelName& other) const;
};

/// Nothing where the text cannot be a name; no part of one can lead out of a directory.
std::optional<ModelName> parse_model_name(std::string_view text);

/// May this be one part of a name, and of a path?
bool is_name_part(std::string_view part);

}  // namespace m1opt::client::advise
