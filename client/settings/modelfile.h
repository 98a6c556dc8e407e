#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/units.h"
#include "client/settings/threads.h"
#include "ollama/models.h"

namespace m1opt::client::settings {

struct ContextChoice {
  std::int64_t tokens{0};
  std::string why;
};
/// The longest context that is sure to fit.
struct Reach {
  std::optional<std::int64_t> tokens;  ///< absent: not known, 0: the model does not fit at all
  std::string with;                    ///< "a KV cache of f16 and 1 slot, as the running Ollama has them"
};
/// num_ctx: what was asked for, else the value recommended for this RAM, or what fits, if that is less;
/// never more than the model was trained for, nor less than Ollama's minimum of 4.
ContextChoice choose_context(const ollama::ShownModel& model, base::Bytes ram,
                             std::optional<std::int64_t> asked, const Reach& reach);

/// A Modelfile that builds on a model of Ollama's. What came from elsewhere is made printable, each on
/// its own line.
std::string modelfile_text(const std::string& name, const ollama::ShownModel& model,
                           const ContextChoice& context, const Threads& threads);

}  // namespace m1opt::client::settings
