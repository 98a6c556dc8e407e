#include "ollama/generation.h"

#include <boost/json.hpp>
#include <cmath>

#include "ollama/answers.h"
#include "ollama/json.h"

namespace m1opt::ollama {

namespace {

/// Tokens in nanoseconds as a rate.
std::optional<double> rate_of(std::int64_t tokens, std::int64_t nanoseconds) {
  if (tokens <= 0 || nanoseconds <= 0) return std::nullopt;
  return static_cast<double>(tokens) * 1e9 / static_cast<double>(nanoseconds);
}

std::optional<double> read_positive(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->to_number<double>();
  if (!std::isfinite(number) || number <= 0) return std::nullopt;
  return number;
}

/// Absent: the line is not the last.
Result<std::optional<Generation>> parse_line(std::string_view line) {
  const auto root = parse_object(line);
  if (!root) return root.error();
  if (auto error = parse_error_text(line); !error.empty()) return Error{Errc::io, 0, std::move(error)};
  const auto* done = root->if_contains("done");
  if (done == nullptr || !done->is_bool() || !done->get_bool()) return std::optional<Generation>{};
  const auto count = [&](const char* key) { return read_integer(*root, key, "$"); };
  const auto prompt = count("prompt_eval_count");
  const auto prompt_time = count("prompt_eval_duration");
  const auto tokens = count("eval_count");
  const auto time = count("eval_duration");
  const auto load = count("load_duration");
  for (const auto* number : {&prompt, &prompt_time, &tokens, &time, &load}) {
    if (!*number) return number->error();
  }
  Generation generation;
  generation.prompt_tokens = prompt->value_or(0);
  generation.tokens = tokens->value_or(0);
  generation.prompt_rate = rate_of(generation.prompt_tokens, prompt_time->value_or(0));
  generation.rate = rate_of(generation.tokens, time->value_or(0));
  generation.load = Duration{load->value_or(0)};
  return std::optional(generation);
}

}  // namespace

Result<Generation> parse_generation(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto generation = parse_line(line);
    if (!generation) return generation.error();
    if (*generation) return **generation;
  }
  return Error{Errc::parse, 0, "the answer ends before it is done"};
}

Result<Generation> parse_completion(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  if (auto error = parse_error_text(text); !error.empty()) return Error{Errc::io, 0, std::move(error)};
  const auto* timings = root->if_contains("timings");
  if (timings == nullptr || !timings->is_object()) return Error{Errc::parse, 0, "$.timings: missing"};
  const auto prompt = read_integer(timings->get_object(), "prompt_n", "$.timings");
  if (!prompt) return prompt.error();
  const auto tokens = read_integer(timings->get_object(), "predicted_n", "$.timings");
  if (!tokens) return tokens.error();
  Generation generation;
  generation.prompt_tokens = prompt->value_or(0);
  generation.tokens = tokens->value_or(0);
  if (generation.prompt_tokens > 0) {
    generation.prompt_rate = read_positive(timings->get_object(), "prompt_per_second");
  }
  if (generation.tokens > 0) {
    generation.rate = read_positive(timings->get_object(), "predicted_per_second");
  }
  return generation;
}

}  // namespace m1opt::ollama
