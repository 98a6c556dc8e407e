#include "decide/generation.h"

#include <algorithm>
#include <cmath>

namespace m1opt::decide {
namespace {

/// Two answers closer than this are one, seen in two ticks.
constexpr Duration kOneAnswer = std::chrono::milliseconds(100);
constexpr double kFade = 1800;  // seconds in which the best of late fades by half

struct Generated {
  std::int64_t tokens{0};
  std::vector<ProcessId> runners;  ///< one for each request that generated from the one answer to the other
};

Generated generated(const std::vector<SlotReading>& before, const std::vector<SlotReading>& after) {
  Generated found;
  for (const auto& slot : after) {
    const auto was = std::find_if(before.begin(), before.end(), [&](const SlotReading& other) {
      return other.runner == slot.runner && other.slot == slot.slot && other.task == slot.task;
    });
    if (!slot.processing || !slot.decoded || was == before.end()) continue;
    // Still at the prompt in the first of the two: no token could come yet.
    if (!was->processing || was->decoded.value_or(0) == 0 || *slot.decoded < *was->decoded) continue;
    found.tokens += *slot.decoded - *was->decoded;
    found.runners.push_back(slot.runner);
  }
  std::sort(found.runners.begin(), found.runners.end());
  return found;
}

std::size_t processing(const std::vector<SlotReading>& slots) {
  return static_cast<std::size_t>(std::count_if(slots.begin(), slots.end(),
                                                [](const SlotReading& slot) { return slot.processing; }));
}

void note_rate(GenerationMemory& memory, const Generated& found, bool mixed, double span) {
  memory.best *= std::exp2(-span / kFade);
  memory.mixed = mixed;
  if (found.runners.empty()) return;
  memory.rate = static_cast<double>(found.tokens) / span;
  // Another request or prompt took its part of the time: neither a best nor a drop.
  if (mixed) return;
  // Of two requests at once, and of another runner, the rate is another without anything being wrong.
  if (found.runners != memory.generating) memory.best = 0;
  memory.generating = found.runners;
  memory.best = std::max(memory.best, *memory.rate);
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
    const Generated found = generated(memory.slots, sample->slots);
    const std::size_t most = std::max(processing(memory.slots), processing(sample->slots));
    note_rate(memory, found, most != found.runners.size(), span);
  }
  memory.taken = taken;
  memory.slots = sample->slots;
}

std::optional<double> generation_drop(const GenerationMemory& memory) {
  if (!memory.rate || memory.mixed || memory.best <= 0) return std::nullopt;
  return 100.0 * (1.0 - *memory.rate / memory.best);
}

}  // namespace m1opt::decide
