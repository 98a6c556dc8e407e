// Answers of a server that may be anybody's.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "ollama/answers.h"
#include "ollama/generation.h"
#include "ollama/json.h"
#include "ollama/models.h"
#include "ollama/requests.h"

namespace m1opt::fuzz {

void ollama_answers(std::string_view input) {
  if (const auto models = ollama::parse_ps(input)) {
    for (const auto& model : *models) {
      require(!model.name.empty(), "a model has a name");
      // The daemon sends the name back to the server.
      const auto request = ollama::unload_request(model.name);
      const auto body = ollama::parse_object(request.body);
      require(body.has_value() && body->at("model") == boost::json::string_view(model.name), "a name survives its way back");
    }
  }
  if (const auto version = ollama::parse_version(input)) (void)version->uses_llama_server();
  if (const auto slots = ollama::parse_slots(input)) {
    for (const auto& slot : *slots) require(slot.decoded.value_or(0) >= 0, "no negative tokens");
  }
  for (const auto& counted : {ollama::parse_generation(input), ollama::parse_completion(input)}) {
    if (!counted) continue;
    require(counted->tokens >= 0 && counted->rate.value_or(1) > 0, "no rate of nothing");
    require(counted->prompt_tokens >= 0 && counted->prompt_rate.value_or(1) > 0, "no rate of nothing");
  }
  if (const auto models = ollama::parse_tags(input)) {
    for (const auto& model : *models) require(!model.name.empty(), "a model has a name");
  }
  if (const auto model = ollama::parse_show(input)) {
    for (const auto& [name, value] : model->parameters) require(!name.empty() && !value.empty(), "a parameter");
  }
  (void)ollama::parse_props(input);
  (void)ollama::parse_health(input);
  (void)ollama::parse_error_text(input);
  const auto time = ollama::parse_timestamp(input);
  if (time) {
    require(time->nanoseconds >= 0 && time->nanoseconds < 1'000'000'000, "a part of a second");
    (void)ollama::is_never(*time, {1'750'000'000, 0});
    (void)ollama::is_never({1'750'000'000, 0}, *time);
  }
}

}  // namespace m1opt::fuzz
