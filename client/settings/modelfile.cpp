#include "client/settings/modelfile.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/render/format.h"
#include "client/render/text.h"
#include "client/settings/ollama_variables.h"

namespace m1opt::client::settings {
namespace {

std::string value_in(const ollama::ShownModel& model, const std::string& name) {
  const auto found = std::find_if(model.parameters.begin(), model.parameters.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  return found == model.parameters.end() ? "" : found->second;
}

/// Nothing but a whole number can be repeated in another text.
bool is_whole_number(const std::string& text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  return text.size() > first && text.size() <= first + 9 && text.find_first_not_of("0123456789", first) == std::string::npos;
}

ContextChoice chosen_without_reach(base::Bytes ram, std::optional<std::int64_t> asked) {
  constexpr std::int64_t kLeast = 4;
  if (!asked) {
    return {recommended_context(ram),
            fmt::format("Recommended for {} of RAM", render::format_bytes(static_cast<double>(ram.value())))};
  }
  if (*asked >= kLeast) return {*asked, "As asked for"};
  return {kLeast, fmt::format("{} was asked for, and {} is the least that Ollama takes", *asked, kLeast)};
}

std::string layers_text(const std::string& name, const std::string& layers) {
  if (layers.empty() || layers == "-1") {
    return "# num_gpu is not set: it is the number of layers on the GPU, and by itself as many as fit.\n";
  }
  const std::string value = is_whole_number(layers) ? " " + layers : ", and no whole number";
  return fmt::format("# {} sets num_gpu{}, which puts that many layers on the GPU; -1 is as many as fit.\n"
                     "PARAMETER num_gpu -1\n",
                     name, value);
}

}  // namespace

ContextChoice choose_context(const ollama::ShownModel& model, base::Bytes ram,
                             std::optional<std::int64_t> asked, const Reach& reach) {
  ContextChoice choice = chosen_without_reach(ram, asked);
  const auto& most = reach.tokens;
  if (most == 0) {
    choice.why += fmt::format("; but the model does not fit at all with {}: m1optctl plan", reach.with);
  } else if (most && asked && choice.tokens > *most) {
    choice.why += fmt::format("; but no more than {} fits with {}: m1optctl plan", *most, reach.with);
  } else if (most && choice.tokens > *most) {
    choice = {*most, fmt::format("No more is sure to fit with {}: m1optctl plan", reach.with)};
  } else if (most) {
    choice.why += fmt::format("; it fits with {}", reach.with);
  }
  if (model.context_length && choice.tokens > *model.context_length) {
    choice = {*model.context_length, "The model was trained for no more"};
  }
  return choice;
}

std::string modelfile_text(const std::string& model_name, const ollama::ShownModel& model,
                           const ContextChoice& context, const Threads& threads) {
  const std::string name = render::printable(model_name);
  std::string text = "# Written by m1optctl ollama modelfile. To use it: ollama create NAME -f THIS_FILE\n";
  text += fmt::format("FROM {}\n", name);
  text += fmt::format("# {}. The same value everywhere: another one loads the model anew.\n", context.why);
  text += fmt::format("PARAMETER num_ctx {}\n", context.tokens);
  text += fmt::format("# {}\n", threads.why);
  if (threads.count) text += fmt::format("PARAMETER num_thread {}\n", *threads.count);
  return text + layers_text(name, value_in(model, "num_gpu"));
}

}  // namespace m1opt::client::settings
