#include "client/planning/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "client/planning/calibration.h"

namespace m1opt::client::planning {
namespace {

constexpr std::array kCacheTypes{"F16", "Q8_0", "Q4_0"};

/// What one slot's context takes, which is read for each token.
std::uint64_t cache_of_slot(const Plan& plan, std::uint64_t context) {
  advise::Use use = plan.use;
  use.parallel = 1;
  use.context = context;
  const auto cache = advise::kv_cache_of(plan.subject.shape, use);
  return cache ? cache->bytes() : 0;
}

}  // namespace

Expected<Plan> make_plan(const Subject& subject, const advise::Machine& asked, const advise::Use& use) {
  const advise::Machine machine = advise::asked_about(asked, subject.name, subject.weights.bytes);
  const auto footprint = advise::footprint_of(subject.shape, subject.weights, use, machine.system);
  if (!footprint) return Failure{exit_code::kFailure, fmt::format("{}: {}", subject.name, footprint.error().what), ""};
  Plan plan{subject, machine, use, *footprint, advise::judge(subject.shape, subject.weights, use, machine), {}, {}, {}, {}};
  for (const char* type : kCacheTypes) {
    advise::Use other = use;
    other.cache_type = advise::find_cache_type(type);
    other.flash_attention = use.flash_attention || other.cache_type->block > 1;
    plan.reach.push_back({type, advise::largest_context(subject.shape, subject.weights, other, advise::at_least(machine))});
  }
  plan.bandwidth = Calibration(machine).bandwidth_for(subject.weights.bytes_per_token);
  if (plan.bandwidth) {
    plan.fresh = advise::speed_of(*plan.bandwidth, subject.weights.bytes_per_token, 0);
    plan.full = advise::speed_of(*plan.bandwidth, subject.weights.bytes_per_token, cache_of_slot(plan, use.context));
  }
  return plan;
}

Expected<std::uint64_t> count_of(const std::string& option, const std::string& word, std::uint64_t most) {
  const bool digits = !word.empty() && word.size() <= 12 &&
                      std::all_of(word.begin(), word.end(), [](unsigned char letter) { return std::isdigit(letter) != 0; });
  const std::uint64_t count = digits ? std::stoull(word) : 0;
  if (count == 0 || count > most) {
    return Failure{exit_code::kUsage, fmt::format("{} \"{}\" is no number from 1 to {}", option, word, most), ""};
  }
  return count;
}

}  // namespace m1opt::client::planning
