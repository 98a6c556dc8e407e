#include "client/planning/machines.h"

#include "client/advise/recommend.h"
#include "client/planning/plan.h"
#include "client/settings/modelfile.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client;

namespace {

/// A Mac with 16 GiB that has llama3.1:8b loaded.
advise::Machine mac_at_work() {
  advise::Machine machine;
  machine.system = advise::System::macos;
  machine.this_one = true;
  machine.ram = 16ULL << 30U;
  machine.available = 5ULL << 30U;
  machine.metal = advise::MetalLimit{{12124ULL << 20U, 12124ULL << 20U}, "read"};
  machine.models = {{"llama3.1:8b", 6'335'000'000}};
  return machine;
}

}  // namespace

TEST_CASE("the plan of a model that is loaded does not take its own memory off the room for it") {
  const auto subject = planning::subject_of(*advise::find_known_model("llama3.1:8b"), "Q4_K_M");
  const auto plan = planning::make_plan(subject, mac_at_work(), {});
  REQUIRE(plan);
  CHECK(plan->verdict.sentence == "fits now");
  CHECK(plan->reach.front().context > 4096);
  const std::string text = planning::to_text(*plan, {});
  CHECK(text.find("not taken off: llama3.1:8b itself") != std::string::npos);
  CHECK(text.find("taken off the limit: llama3.1:8b") == std::string::npos);
}

TEST_CASE("a model that is loaded is not said not to fit in its own Modelfile") {
  const auto* known = advise::find_known_model("llama3.1:8b");
  const auto weights = advise::weights_of(*known, "Q4_K_M");
  advise::Use use;
  use.cache_type = advise::find_cache_type("q8_0");
  const auto machine = advise::at_least(advise::asked_about(mac_at_work(), "llama3.1:8b", weights.bytes));
  const auto largest = static_cast<std::int64_t>(advise::largest_context(known->shape, weights, use, machine));
  const auto chosen = settings::choose_context({}, base::Bytes{16LL << 30U}, std::nullopt, {largest, {}});
  CHECK(chosen.why.find("does not fit") == std::string::npos);
  CHECK(chosen.tokens == 8192);
}
