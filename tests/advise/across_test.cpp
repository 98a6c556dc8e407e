#include "client/advise/across.h"

#include <numeric>

#include "client/advise/recommend.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;

namespace {

Node node(std::uint64_t gib, const char* chip = "") {
  Machine machine;
  machine.system = System::macos;
  machine.ram = gib << 30U;
  machine.metal = observed_metal_limit(*machine.ram);
  machine.chip = chip;
  return {"mac", machine};
}

Split laid(const char* model, const std::vector<Node>& nodes, const char* mix = "Q4_K_M") {
  const KnownModel& known = *find_known_model(model);
  Use use;
  use.context = 8192;
  return split_across(known.shape, weights_of(known, mix), use, nodes).value();
}

}  // namespace

TEST_CASE("every layer and the output lie on exactly one machine, and each has room for its part") {
  const auto over = laid("llama3.3:70b", {node(16), node(16), node(64)});
  REQUIRE(over.shares.size() == 3);
  CHECK(over.fits);
  std::uint64_t layers = 0;
  std::uint64_t weights = 0;
  for (const Share& share : over.shares) {
    layers += share.layers;
    weights += share.weights;
    CHECK(share.bytes() <= share.room);
  }
  CHECK(layers == 81);
  const Weights all = weights_of(*find_known_model("llama3.3:70b"), "Q4_K_M");
  CHECK(static_cast<double>(weights + all.input_bytes) == Approx(static_cast<double>(all.bytes)).epsilon(0.001));
}

TEST_CASE("the machine that is named first comes last in llama.cpp's order, and keeps the embedding") {
  const auto over = laid("qwen3:32b", {node(64), node(16)});
  CHECK(over.shares[0].node == 1);
  CHECK(over.shares[1].node == 0);
  CHECK(over.shares[1].layers > over.shares[0].layers);
  CHECK(over.shares[1].besides > over.shares[0].besides);
}

TEST_CASE("what does not fit all of them together is said by how much") {
  const auto over = laid("llama3.3:70b", {node(16), node(16)});
  CHECK_FALSE(over.fits);
  CHECK(over.missing > 20ULL << 30U);
}

TEST_CASE("two machines are not faster than one: they work one after the other") {
  const std::vector<Node> nodes{node(64, "Apple M1 Max"), node(64, "Apple M1 Max")};
  const Weights weights = weights_of(*find_known_model("qwen3:32b"), "Q4_K_M");
  const auto over = laid("qwen3:32b", nodes);
  const auto alone = speed_of(*bandwidth_of("Apple M1 Max"), weights.bytes_per_token, 0);
  const auto fast = bound_across(over, weights, nodes, 10e9 / 8);
  const auto slow = bound_across(over, weights, nodes, 0.1e9 / 8);
  REQUIRE(fast);
  CHECK(*fast <= alone.high * 1.0001);
  CHECK(*slow < *fast);
  CHECK_FALSE(bound_across(over, weights, {node(64), node(64)}, 1e9));
}
