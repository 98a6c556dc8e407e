#include "client/advise/judgement.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/advise/text.h"

namespace m1opt::client::advise {
namespace {

constexpr std::uint64_t kStep = 256;
/// Below this a context is of no use to anybody.
constexpr std::uint64_t kShortest = 1024;

enum class Answer { no, maybe, yes };

struct Question {
  const Shape& shape;
  const Weights& weights;
  const Machine& machine;
  Room room;
};

/// What it takes; nothing where it cannot run like that.
std::optional<std::uint64_t> need(const Question& question, const Use& use) {
  const auto footprint = footprint_of(question.shape, question.weights, use, question.machine.system);
  if (!footprint) return std::nullopt;
  return footprint->loaded();
}

/// Metal's limit leaves the system its part; without one only the reserve does.
bool is_by_reserve(const Machine& machine) { return !machine.metal && reserve_in(machine); }

Answer within_metal(const Question& question, std::uint64_t bytes) {
  if (!question.room.metal || bytes <= question.room.metal->low) return Answer::yes;
  return bytes <= question.room.metal->high ? Answer::maybe : Answer::no;
}

Answer within(const Question& question, const Use& use, std::uint64_t more_memory) {
  const auto bytes = need(question, use);
  if (!bytes) return Answer::no;
  if (question.room.memory && *bytes > *question.room.memory + more_memory) return Answer::no;
  const Answer answer = within_metal(question, *bytes);
  return answer == Answer::yes && is_by_reserve(question.machine) ? Answer::maybe : answer;
}

std::uint64_t longest_for(const Question& question, Use use) {
  const std::uint64_t trained = question.shape.context_length;
  std::uint64_t most = std::min(trained == 0 ? kLongestUse : trained, kLongestUse) / kStep;
  std::uint64_t least = 0;
  while (least < most) {
    const std::uint64_t middle = (least + most + 1) / 2;
    use.context = middle * kStep;
    if (within(question, use, 0) == Answer::no) {
      most = middle - 1;
    } else {
      least = middle;
    }
  }
  return least * kStep;
}

std::string names_of(const std::vector<Holder>& holders) {
  std::string names;
  for (const Holder& holder : holders) names += (names.empty() ? "" : ", ") + holder.name;
  return names;
}

/// How it fits after all; the mildest change first.
std::optional<Judgement> with_less(const Question& question, const Use& use) {
  Use small = use;
  small.cache_type = find_cache_type("Q8_0");
  small.flash_attention = true;
  const bool smaller = use.cache_type->bytes * 32 > small.cache_type->bytes * use.cache_type->block;
  if (smaller) {
    if (const Answer answer = within(question, small, 0); answer != Answer::no) {
      return Judgement{Fit::fits_with_cache_type, answer == Answer::yes, "fits with a KV cache of q8_0", small};
    }
  }
  Use shorter = use;
  shorter.context = longest_for(question, use);
  if (shorter.context >= kShortest && shorter.context < use.context) {
    return Judgement{Fit::fits_with_context, within(question, shorter, 0) == Answer::yes,
                   fmt::format("fits with a context of {}", shorter.context), shorter};
  }
  small.context = smaller ? longest_for(question, small) : 0;
  if (small.context < kShortest || small.context >= use.context) return std::nullopt;
  return Judgement{Fit::fits_with_context, within(question, small, 0) == Answer::yes,
                 fmt::format("fits with a context of {} and a KV cache of q8_0", small.context), small};
}

std::string shortage(const Question& question, const Use& use) {
  const auto bytes = need(question, use);
  if (!bytes) return "llama.cpp would refuse it";
  if (question.room.metal && *bytes > question.room.metal->high) {
    return fmt::format("needs {} where Metal has room for {}", gib_text(*bytes), gib_text(question.room.metal->high));
  }
  return fmt::format("needs {} where {} are {}", gib_text(*bytes), gib_text(question.room.memory.value_or(0)),
                     question.machine.available ? "available now" : "left beside the reserve for the system");
}

Judgement verdict_of(const Question& question, const Use& use) {
  const Machine& machine = question.machine;
  if (!question.room.metal && !question.room.memory) {
    return {Fit::unknown, true, "cannot be told: the memory of this machine is not known", use};
  }
  if (const Answer answer = within(question, use, 0); answer != Answer::no) {
    return {Fit::fits, answer == Answer::yes, machine.this_one ? "fits now" : "fits", use};
  }
  const std::uint64_t freed = freed_by_suspending(machine);
  if (freed > 0 && within(question, use, freed) != Answer::no) {
    return {Fit::fits_after_suspending, false,
            fmt::format("fits once {} {} suspended and the system has compressed up to {} of {}", names_of(machine.targets),
                        machine.targets.size() == 1 ? "is" : "are", gib_text(freed), machine.targets.size() == 1 ? "it" : "them"),
            use, "if it compresses that much"};
  }
  if (auto verdict = with_less(question, use)) return *verdict;
  return {Fit::fits_not, true, "does not fit: " + shortage(question, use), use};
}

}  // namespace

const char* word_of(Fit fit) {
  switch (fit) {
    case Fit::fits: return "fits";
    case Fit::fits_after_suspending: return "fits_after_suspending";
    case Fit::fits_with_cache_type: return "fits_with_cache_type";
    case Fit::fits_with_context: return "fits_with_context";
    case Fit::fits_not: return "fits_not";
    case Fit::unknown: return "unknown";
  }
  return "unknown";
}

Judgement judge(const Shape& shape, const Weights& weights, const Use& use, const Machine& machine) {
  Judgement verdict = verdict_of({shape, weights, machine, room_in(machine)}, use);
  if (!machine.models.empty() && verdict.fit != Fit::unknown) verdict.sentence += fmt::format(", with {} kept loaded", names_of(machine.models));
  if (!verdict.certain && verdict.doubt.empty()) {
    verdict.doubt = is_by_reserve(machine) ? "if the system and other programs take no more than is reserved for them"
                                           : "if this macOS allows the upper end of that range";
  }
  return verdict;
}

std::uint64_t largest_context(const Shape& shape, const Weights& weights, const Use& use, const Machine& machine) {
  return longest_for({shape, weights, machine, room_in(machine)}, use);
}

}  // namespace m1opt::client::advise
