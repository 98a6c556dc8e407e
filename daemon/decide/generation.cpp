#include "decide/generation.h"

#include <algorithm>
#include <cmath>

namespace m1opt::decide {
namespace {

/// Two answers closer than this are one, seen in two ticks.
constexpr Duration kOneAnswer = std::chrono::milliseconds(100);
constexpr double kFade = 1800;  // seconds in which the best of late fades by half

/// Tokens for requests that ran at both times; absent when there is none of them.
std::optional<std::int64_t> generated(const std::vector<SlotReading>& before,
                                      const std::vector<SlotReading>& after) {
  std::optional<std::int64_t> tokens;
  for (const auto& slot : after) {
    const auto was = std::find_if(before.begin(), before.end(), [&](const SlotReading& other) {
      return other.runner == slot.runner && other.slot == slot.slot && other.task == slot.task;
    });
    if (!slot.processing || !slot.decoded || was == before.end()) continue;
    // Still at the prompt in the first of the two: no token could come yet.
    if (!was->processing || was->decoded.value_or(0) == 0 || *slot.decoded < *was->decoded) continue;
    tokens = tokens.value_or(0) + (*slot.decoded - *was->decoded);
  }
  return tokens;
}

}  // namespace

void update_generation(GenerationMemory& memory, const WorkloadSample* sample, Instant now) {
  if (sample == nullptr || !sample->slots_age) {
    memory.taken.reset();
    memory.rate.reset();
    memory.slots.clear();
    return;
  }
  const Instant taken = now - *sample->slots_age;
  if (memory.taken && taken - *memory.taken < kOneAnswer) return;
  memory.rate.reset();
  if (memory.taken) {
    const double span = seconds_of(taken - *memory.taken);
    memory.best *= std::exp2(-span / kFade);
    if (const auto tokens = generated(memory.slots, sample->slots)) {
      memory.rate = static_cast<double>(*tokens) / span;
      memory.best = std::max(memory.best, *memory.rate);
    }
  }
  memory.taken = taken;
  memory.slots = sample->slots;
}

std::optional<double> generation_drop(const GenerationMemory& memory) {
  if (!memory.rate || memory.best <= 0) return std::nullopt;
  return 100.0 * (1.0 - *memory.rate / memory.best);
}

}  // namespace m1opt::decide
