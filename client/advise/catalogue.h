#pragma once

#include <span>
#include <string>
#include <vector>

#include "client/advise/shape.h"

namespace m1opt::client::advise {

/// A model that is known without its file: its shape, and what is not certain of it.
struct KnownModel {
  std::string name;        ///< as Ollama has it, "llama3.1:8b"
  std::string family;      ///< which tensors it has: llama, qwen2, gptoss ...
  std::string unverified;  ///< "shape" or "context" where only memory or inference vouches for it
  std::string use;         ///< words of chat, coding, reasoning, vision
  std::string source;
  double billions{0};      ///< parameters
  bool tied{false};        ///< its output is its token embedding
  Shape shape;
};

/// Of client/advise/data/models.csv, in its order.
std::span<const KnownModel> known_models();
/// By name; "llama3.1" means the first of that name. Null when it is not known.
const KnownModel* find_known_model(std::string_view name);

}  // namespace m1opt::client::advise
