#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

/// What a server counted of one request, as its own clocks have it.
namespace m1opt::ollama {

using namespace m1opt::base;

struct Generation {
  std::int64_t prompt_tokens{0};
  std::int64_t tokens{0};  ///< generated; 0: the server answered with nothing
  /// Tokens a second; absent when nothing was counted or no time went by.
  std::optional<double> prompt_rate{};
  std::optional<double> rate{};
  std::optional<Duration> load{};  ///< waiting for and loading the model; only Ollama tells

  bool operator==(const Generation&) const = default;
};

/// POST /api/generate of Ollama: one object, or a line each and the counters in the last, which
/// leaves out those that are 0. An {"error": ...} on any line is `io` with its text, since it comes
/// under status 200; without a line that is done, `parse`.
Result<Generation> parse_generation(std::string_view text);

/// POST /completion of llama-server: its "timings".
Result<Generation> parse_completion(std::string_view text);

}  // namespace m1opt::ollama
