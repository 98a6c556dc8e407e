#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"

/// What Ollama's environment should say. Sources: Ollama 0.32.15 and 0.24.0, llama.cpp's server.
namespace m1opt::client::settings {

/// Two kinds of Ollama that have little in common in what can be set.
enum class Era {
  native,       ///< up to 0.24: the engine is in the program itself
  llama_server  ///< from 0.30: a llama-server for each model, which inherits LLAMA_ARG_ variables
};
const char* text_of(Era era);

struct Recommendation {
  const char* name;
  std::optional<std::string> value;  ///< absent: it is right when it is not set
  std::string why;
};

/// For this much RAM; in the order in which they matter.
std::vector<Recommendation> recommend(base::Bytes ram, Era era);

/// num_ctx for a machine of this RAM, the same everywhere: another one loads the model anew.
int recommended_context(base::Bytes ram);

/// OLLAMA_NUM_PARALLEL for a machine of this RAM.
int recommended_slots(base::Bytes ram);

/// A variable that does nothing, or harm, wherever it is set.
struct StrayVariable {
  const char* name;
  const char* why;
};
/// Of that era's.
std::vector<StrayVariable> stray_variables(Era era);

/// The names of both, for reading them.
std::vector<std::string> variable_names();

}  // namespace m1opt::client::settings
