#include "client/bench/claimed_speeds.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace m1opt::client::bench {
namespace {

struct Row {
  const char* chip;
  double gigabytes;
  const char* base;  ///< of the model's name
  const char* quantization;
  ClaimedSpeed speed;
};

constexpr std::array kRows{
    Row{"Apple M1", 8, "llama3.2:3b", "Q4_K_M", {"M1 MacBook Air 8 GB", "llama3.2:3b-q4_K_M", 45, 50}},
    Row{"Apple M1", 8, "mistral:7b", "Q4_K_M", {"M1 MacBook Air 8 GB", "mistral:7b-q4_K_M", 18, 22}},
    Row{"Apple M1", 16, "llama3.1:8b", "Q5_K_M", {"M1 Mac mini 16 GB", "llama3.1:8b-q5_K_M", 25, 30}},
    Row{"Apple M1", 16, "mistral:7b", "Q8_0", {"M1 Mac mini 16 GB", "mistral:7b-q8_0", 20, 25}},
    Row{"Apple M1", 16, "codellama:7b", "Q5_K_M", {"M1 Mac mini 16 GB", "codellama:7b-q5_K_M", 22, 28}},
    Row{"Apple M1 Pro", 32, "llama3.1:8b", "Q8_0", {"M1 Pro 32 GB", "llama3.1:8b-q8_0", 30, 35}},
    Row{"Apple M1 Pro", 32, "mixtral:8x7b", "Q4_K_M", {"M1 Pro 32 GB", "mixtral:8x7b-q4_K_M", 8, 12}},
    Row{"Apple M1 Pro", 32, "codellama:13b", "Q5_K_M", {"M1 Pro 32 GB", "codellama:13b-q5_K_M", 15, 20}},
};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// "mistral:7b-instruct-q8_0" is of mistral:7b, "mistral:70b" is not.
bool is_of(const std::string& model, const std::string& base) {
  return model.starts_with(base) && (model.size() == base.size() || model[base.size()] == '-');
}

}  // namespace

std::optional<ClaimedSpeed> find_claimed_speed(const std::string& chip, double ram_bytes,
                                               const std::string& model,
                                               const std::string& quantization) {
  constexpr double kGigabyte = 1024.0 * 1024 * 1024;
  const Row* best = nullptr;
  for (const Row& row : kRows) {
    if (chip != row.chip || ram_bytes < row.gigabytes * kGigabyte || !is_of(model, row.base)) continue;
    if (upper(quantization) != row.quantization) continue;
    if (best == nullptr || row.gigabytes > best->gigabytes) best = &row;
  }
  if (best == nullptr) return std::nullopt;
  return best->speed;
}

}  // namespace m1opt::client::bench
