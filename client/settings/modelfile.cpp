#include "client/settings/modelfile.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/render/format.h"
#include "client/settings/ollama_variables.h"

namespace m1opt::client::settings {
namespace {

std::string value_in(const ollama::ShownModel& model, const std::string& name) {
  const auto found = std::find_if(model.parameters.begin(), model.parameters.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  return found == model.parameters.end() ? "" : found->second;
}

}  // namespace

ContextChoice choose_context(const ollama::ShownModel& model, base::Bytes ram,
                             std::optional<std::int64_t> asked, std::optional<std::int64_t> largest) {
  constexpr std::int64_t kLeast = 4;
  const std::string size = render::format_bytes(static_cast<double>(ram.value()));
  ContextChoice choice{asked ? std::max(*asked, kLeast) : recommended_context(ram),
                       asked ? "As asked for" : fmt::format("Recommended for {} of RAM", size)};
  if (largest == 0) {
    choice.why += "; but the model does not fit at all: m1optctl plan";
  } else if (largest && asked && choice.tokens > *largest) {
    choice.why += fmt::format("; but no more than {} fits: m1optctl plan", *largest);
  } else if (largest && choice.tokens > *largest) {
    choice = {*largest, "No more is sure to fit: m1optctl plan"};
  }
  if (model.context_length && choice.tokens > *model.context_length) {
    choice = {*model.context_length, "The model was trained for no more"};
  }
  return choice;
}

std::string modelfile_text(const std::string& name, const ollama::ShownModel& model,
                           const ContextChoice& context, std::optional<int> performance_cores) {
  std::string text = "# Written by m1optctl ollama modelfile. To use it: ollama create NAME -f THIS_FILE\n";
  text += fmt::format("FROM {}\n", name);
  text += fmt::format("# {}. The same value everywhere: another one loads the model anew.\n", context.why);
  text += fmt::format("PARAMETER num_ctx {}\n", context.tokens);
  if (performance_cores) {
    text += "# The performance cores; more would wait for the efficiency cores.\n";
    text += fmt::format("PARAMETER num_thread {}\n", *performance_cores);
  } else {
    text += "# num_thread is not set: how many performance cores there are is not known.\n";
  }
  const std::string layers = value_in(model, "num_gpu");
  if (layers.empty() || layers == "-1") {
    text += "# num_gpu is not set: it is the number of layers on the GPU, and by itself as many as fit.\n";
  } else {
    text += fmt::format("# {} sets num_gpu {}, which puts that many layers on the GPU; -1 is as many as fit.\n",
                        name, layers);
    text += "PARAMETER num_gpu -1\n";
  }
  return text;
}

}  // namespace m1opt::client::settings
