#pragma once

#include <optional>
#include <string>

namespace m1opt::client::bench {

/// Tokens a second that are widely given for a machine and a model; nobody says how they were
/// measured.
struct ClaimedSpeed {
  const char* machine;
  const char* model;
  double low;
  double high;
};

/// For this chip, with the RAM of the table or the nearest below it. `quantization` as Ollama has
/// it, "Q4_K_M". Absent: the table has no such row.
std::optional<ClaimedSpeed> find_claimed_speed(const std::string& chip, double ram_bytes,
                                               const std::string& model,
                                               const std::string& quantization);

}  // namespace m1opt::client::bench
