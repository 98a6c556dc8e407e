// Source: load_arch_hparams() of each architecture in llama.cpp (src/models/), builds 10434 and
// 11434 the same.
#include "client/advise/windows.h"

#include <algorithm>
#include <array>

namespace m1opt::client::advise {
namespace {

/// How an architecture alternates unless the file says it: all but the last of each `period` layers
/// are windowed; with `dense_first` all but the first.
struct WindowRule {
  const char* architecture;
  std::size_t period;
  bool dense_first;
  std::uint64_t usual;   ///< the window when the file has none; 0: then there is none
  std::uint64_t always;  ///< the window whatever the file says, unless that is 0
  std::size_t layers;    ///< only models of so many layers; 0: all
};

constexpr std::array kWindowRules{
    WindowRule{"gemma2", 2, false, 4096, 0, 0},   WindowRule{"gemma3", 6, false, 0, 0, 0},
    WindowRule{"gemma3n", 5, false, 0, 0, 0},     WindowRule{"gpt-oss", 2, false, 0, 0, 0},
    WindowRule{"cohere2", 4, false, 0, 0, 0},     WindowRule{"cohere2moe", 4, false, 0, 0, 0},
    WindowRule{"llama4", 4, false, 8192, 8192, 0}, WindowRule{"olmo2", 4, false, 0, 0, 0},
    WindowRule{"exaone4", 4, false, 4096, 0, 64}, WindowRule{"exaone-moe", 4, false, 128, 0, 0},
    WindowRule{"smallthinker", 4, true, 0, 4096, 0}, WindowRule{"mellum", 4, false, 0, 0, 0},
    WindowRule{"afmoe", 4, false, 0, 0, 0},       WindowRule{"plamo3", 8, false, 0, 0, 0},
    WindowRule{"laguna", 4, true, 0, 0, 0},
};
// These have no rule of their own: the file has one flag for each layer.
constexpr std::array kByFile{"gemma4", "granite-swa", "step35", "mimo2"};

std::vector<bool> alternating(std::size_t layers, std::size_t period, bool dense_first) {
  std::vector<bool> windowed(layers);
  for (std::size_t i = 0; i < layers; ++i) {
    windowed[i] = period == 0 || (dense_first ? i % period != 0 : i % period < period - 1);
  }
  return windowed;
}

/// The flags of the file, or of the period that it names; empty when it has neither.
std::vector<bool> pattern_of_file(const gguf::Metadata& metadata, const std::string& key, std::size_t layers, bool dense_first) {
  if (const auto* flags = gguf::array(metadata, key)) {
    std::vector<bool> windowed(layers);
    for (std::size_t i = 0; i < std::min(layers, flags->members.size()); ++i) windowed[i] = flags->members[i] != 0;
    return windowed;
  }
  if (const auto period = gguf::number(metadata, key)) return alternating(layers, static_cast<std::size_t>(*period), dense_first);
  return {};
}

}  // namespace

Windows windows_of(std::string_view architecture, const gguf::Metadata& metadata, std::size_t layers) {
  const std::string prefix = std::string(architecture) + ".attention.sliding_window";
  const auto named = gguf::number(metadata, prefix);
  const auto* row = std::find_if(kWindowRules.begin(), kWindowRules.end(), [&](const WindowRule& candidate) { return architecture == candidate.architecture; });
  const bool by_file = std::find(kByFile.begin(), kByFile.end(), architecture) != kByFile.end();
  Windows windows;
  if (row == kWindowRules.end() && !by_file) {
    windows.ignored = named.value_or(0) > 0;
    return windows;
  }
  if (row != kWindowRules.end() && row->layers != 0 && row->layers != layers) return windows;
  windows.size = named.value_or(row == kWindowRules.end() ? 0 : row->usual);
  if (windows.size == 0) return windows;
  if (row != kWindowRules.end() && row->always != 0) windows.size = row->always;
  const bool dense_first = row != kWindowRules.end() && row->dense_first;
  windows.windowed = pattern_of_file(metadata, prefix + "_pattern", layers, dense_first);
  if (windows.windowed.empty() && row != kWindowRules.end()) windows.windowed = alternating(layers, row->period, dense_first);
  if (windows.windowed.empty()) windows.size = 0;
  return windows;
}

}  // namespace m1opt::client::advise
