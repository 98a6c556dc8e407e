#include "client/settings/cache_in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace m1opt::client::settings {
namespace {

constexpr int kMostSlots = 64;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<int> slots_in(const std::string& text) {
  int slots = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);
  if (error != std::errc{} || end != text.data() + text.size() || slots < 1 || slots > kMostSlots) return std::nullopt;
  return slots;
}

/// As Go reads a word of yes or no.
bool is_no(const std::optional<std::string>& text) {
  constexpr std::array kNo{"0", "f", "false"};
  return text && std::find(kNo.begin(), kNo.end(), lower(*text)) != kNo.end();
}

std::string type_of(const RunningOllama& running, Era era) {
  const std::string type = lower(running.value_of("OLLAMA_KV_CACHE_TYPE").value_or(""));
  if (type.empty()) return "f16";
  const auto attention = running.value_of("OLLAMA_FLASH_ATTENTION");
  // Without it Ollama before 0.30 ignores another type, and a later one does not load the model.
  const bool counts = era == Era::native ? attention && !attention->empty() && !is_no(attention) : !is_no(attention);
  return counts ? type : "f16";
}

}  // namespace

std::string CacheInForce::text() const {
  return fmt::format("a KV cache of {} and {} slot{}, {}", type, slots, slots == 1 ? "" : "s",
                     known ? "as the running Ollama has them" : "assumed, since no running Ollama tells");
}

CacheInForce find_cache_in_force(const std::optional<RunningOllama>& running, Era era, base::Bytes ram) {
  if (!running || !running->variables) return {"f16", recommended_slots(ram), false};
  return {type_of(*running, era), slots_in(running->value_of("OLLAMA_NUM_PARALLEL").value_or("")).value_or(1), true};
}

}  // namespace m1opt::client::settings
