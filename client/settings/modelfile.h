#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"
#include "ollama/models.h"

namespace m1opt::client::settings {

struct ContextChoice {
  std::int64_t tokens{0};
  std::string why;
};
/// num_ctx: what was asked for, else the value recommended for this RAM, or `largest`, the most that
/// fits, if that is less (absent: not known, 0: none does); never more than the model was trained
/// for, nor less than Ollama's minimum of 4.
ContextChoice choose_context(const ollama::ShownModel& model, base::Bytes ram,
                             std::optional<std::int64_t> asked, std::optional<std::int64_t> largest);

/// A Modelfile that builds on a model of Ollama's. `performance_cores` absent: num_thread is left out.
std::string modelfile_text(const std::string& name, const ollama::ShownModel& model,
                           const ContextChoice& context, std::optional<int> performance_cores);

}  // namespace m1opt::client::settings
