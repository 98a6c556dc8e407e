#include "client/advise/footprint.h"

#include "advise/shapes.h"
#include "client/advise/catalogue.h"
#include "client/advise/quant_mix.h"
#include "client/advise/speed.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;

namespace {

const Use kUse{4096, 1, 512, find_cache_type("F16"), true};

Footprint footprint(const Use& use = kUse, System system = System::macos) {
  auto shape = test::dense(32, 4096, 32, 8, 128);
  shape.feed_forward = 14336;
  shape.vocabulary = 128256;
  return footprint_of(shape, {4'900'000'000, 8'030'000'000, 4'600'000'000, 3'000'000'000, 295'000'000, 431'000'000, 0, 0, 292}, use, system).value();
}

}  // namespace

TEST_CASE("each term has its bytes and the formula that gives them") {
  const Footprint whole = footprint();
  CHECK(whole.find("weights")->bytes == 4'900'000'000);
  CHECK(whole.find("weights")->formula == "292 tensors, as the file has them");
  CHECK(whole.find("kv_cache")->bytes == 512ULL << 20U);
  CHECK(whole.find("kv_cache")->formula == "32 layers x 4096 cells x 8 KV heads x (128 + 128) x 2 bytes");
  CHECK(whole.find("compute")->bytes == 4ULL * 512 * (4 * 4096 + 3 * 14336) + 2ULL * 512 * 4096);
  CHECK(whole.find("compute")->certainty == Certainty::estimate);
  CHECK(whole.find("output")->bytes == 4 * 128256);
  CHECK(whole.find("metal")->bytes == 512ULL << 20U);
  CHECK(whole.find("prompt_cache")->certainty == Certainty::limit);
  CHECK(whole.find("projector") == nullptr);
  CHECK(footprint(kUse, System::linux_cpu).find("metal") == nullptr);
}

TEST_CASE("what only grows later is not part of what is loaded") {
  const Footprint whole = footprint();
  std::uint64_t sum = 0;
  for (const Term& term : whole.terms) sum += term.bytes;
  CHECK(whole.loaded() == sum - kPromptCache);
  CHECK(whole.later() == kPromptCache);
}

TEST_CASE("windows and states are kept at checkpoints to go back to") {
  const auto whole = footprint_of(test::gemma3(18, 1, 256, 512), {}, kUse, System::linux_cpu).value();
  CHECK(whole.find("kv_cache_windowed")->bytes == 15U << 20U);
  CHECK(whole.find("checkpoints")->bytes == (32U * 15U) << 20U);
  CHECK(footprint().find("checkpoints") == nullptr);
}

TEST_CASE("without flash attention every head has its scores of the whole context") {
  Use use = kUse;
  use.flash_attention = false;
  CHECK(footprint(use).find("compute")->bytes == 4ULL * 512 * (1 + 4 * 4096 + 4096 * (1 + 32)));
}

TEST_CASE("the batch is Ollama's own where none is set") {
  CHECK(batch_of({4096, 1, 0, nullptr, true}) == 512);
  CHECK(batch_of({8192, 1, 0, nullptr, true}) == 1024);
  CHECK(batch_of({65536, 1, 0, nullptr, true}) == 2048);
  CHECK(batch_of({65536, 1, 256, nullptr, true}) == 256);
}

TEST_CASE("no speed exceeds what the memory's bandwidth allows") {
  const auto m1 = bandwidth_of("Apple M1");
  REQUIRE(m1);
  CHECK_FALSE(bandwidth_of("Intel(R) Core(TM) i7"));
  const auto quantised = *quantise(*find_known_model("mistral:7b"), "Q4_K_M");
  const Speed speed = speed_of(*m1, quantised.bytes_per_token, 0);
  CHECK(*speed.bound == Approx(15.9).margin(0.2));  // 18 to 22, as is widely said, cannot be
  CHECK(speed.low < speed.high);
  CHECK(speed.high < *speed.bound);
  CHECK(speed_of(*m1, quantised.bytes_per_token, 1ULL << 30U).high < speed.high);
  CHECK_FALSE(speed_of(*m1, 0, 0).bound.has_value());
}

TEST_CASE("a model with experts is as fast as those it uses allow") {
  const auto m1 = *bandwidth_of("Apple M1 Max");
  const auto dense = speed_of(m1, quantise(*find_known_model("qwen3:32b"), "Q4_K_M")->bytes_per_token, 0);
  const auto experts = speed_of(m1, quantise(*find_known_model("qwen3:30b-a3b"), "Q4_K_M")->bytes_per_token, 0);
  CHECK(*experts.bound > 8 * *dense.bound);
}

TEST_CASE("a bench counts for models that read about as much, and never changes what the memory's bandwidth allows") {
  const auto m1 = bandwidth_of("Apple M1");
  constexpr std::uint64_t kRead = 4'300'000'000;
  const Speed known = speed_of(*m1, kRead, 0);
  const auto with = [&](const std::vector<Measured>& benches) { return speed_of(*calibrated(m1, benches, kRead), kRead, 0); };
  const Speed small = with({{0.25e9, 100}});
  CHECK(small.low == known.low);
  CHECK(small.high == known.high);
  CHECK(small.bound == known.bound);
  const Speed like = with({{0.25e9, 100}, {4.3e9, 12}, {2.2e9, 20}});
  CHECK(like.low == Approx(2.2e9 * 20 / kRead * 0.9));
  CHECK(like.high == Approx(12 * 1.1));
  CHECK(like.bound == known.bound);
  CHECK(with({{4.3e9, 15.8}}).high == known.bound);
  CHECK_FALSE(with({{4.3e9, 30}}).bound.has_value());  // what was measured proves it wrong
  CHECK_FALSE(calibrated(std::nullopt, {{0.25e9, 100}}, kRead).has_value());
  CHECK_FALSE(speed_of(*calibrated(std::nullopt, {{4.3e9, 12}}, kRead), kRead, 0).bound.has_value());
}
