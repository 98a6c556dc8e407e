#include "client/advise/judgement.h"

#include "advise/shapes.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;

namespace {

constexpr std::uint64_t kGiBytes = 1ULL << 30U;

/// llama3.1:8b in Q4_K_M.
struct Model {
  Shape shape = test::dense(32, 4096, 32, 8, 128);
  Weights weights{4'913'000'000, 8'030'000'000, 4'600'000'000, 3'000'000'000, 295'000'000, 431'000'000, 0, 0, 292};

  Model() {
    shape.feed_forward = 14336;
    shape.vocabulary = 128256;
  }
};

Machine mac(double ram_gib) {
  Machine machine;
  machine.system = System::macos;
  machine.ram = static_cast<std::uint64_t>(ram_gib * static_cast<double>(kGiBytes));
  machine.metal = observed_metal_limit(*machine.ram);
  return machine;
}

Use use(std::uint64_t context, const char* type = "F16") { return {context, 1, 0, find_cache_type(type), true}; }

Judgement judged(const Machine& machine, const Use& how) {
  const Model model;
  return judge(model.shape, model.weights, how, machine);
}

}  // namespace

TEST_CASE("Metal's limit is what was seen, as a range where it differed, never one share of RAM") {
  CHECK(observed_metal_limit(16 * kGiBytes).bytes.low == 10922ULL << 20U);
  CHECK(observed_metal_limit(16 * kGiBytes).bytes.high == 12124ULL << 20U);
  const auto unseen = observed_metal_limit(24 * kGiBytes);
  CHECK(static_cast<double>(unseen.bytes.low) / static_cast<double>(kGiBytes) == Approx(15.9).margin(0.2));
  CHECK(unseen.bytes.high > unseen.bytes.low);
  CHECK(unseen.source == "no report of a Mac with 24 GiB: the smallest and the largest share seen of other sizes");
}

TEST_CASE("a model that fits is said to fit") {
  const auto verdict = judged(mac(16), use(4096));
  CHECK(verdict.fit == Fit::fits);
  CHECK(verdict.certain);
  CHECK(verdict.sentence == "fits");
}

TEST_CASE("where only a smaller cache type makes it fit, that is said first") {
  const auto verdict = judged(mac(16), use(49152));
  CHECK(verdict.fit == Fit::fits_with_cache_type);
  CHECK(verdict.sentence == "fits with a KV cache of q8_0");
  CHECK(verdict.use.context == 49152);
}

TEST_CASE("else the largest context that fits is named, and it does fit") {
  const auto verdict = judged(mac(16), use(131072));
  CHECK(verdict.fit == Fit::fits_with_context);
  CHECK(verdict.use.context % 256 == 0);
  CHECK(verdict.use.context < 131072);
  CHECK(judged(mac(16), verdict.use).fit == Fit::fits);
  Use longer = verdict.use;
  longer.context += 256;
  CHECK(judged(mac(16), longer).fit != Fit::fits);
}

TEST_CASE("a model larger than the memory does not fit, and both numbers are said") {
  const auto verdict = judged(mac(8), use(4096));
  CHECK(verdict.fit == Fit::fits_not);
  CHECK(verdict.sentence == "does not fit: needs 5.69 GiB where Metal has room for 4.33 GiB");
}

TEST_CASE("what depends on where in its range Metal's limit lies is not certain") {
  Machine machine = mac(16);
  const Model model;
  const std::uint64_t need = footprint_of(model.shape, model.weights, use(4096), System::macos)->loaded();
  machine.metal = MetalLimit{{need + kFitMargin - 1, need + kFitMargin}, "made up"};
  const auto verdict = judged(machine, use(4096));
  CHECK(verdict.fit == Fit::fits);
  CHECK_FALSE(verdict.certain);
  machine.metal->bytes = {need + kFitMargin, need + kFitMargin};
  CHECK(judged(machine, use(4096)).certain);
}

TEST_CASE("models that are loaded already take their part of Metal's limit") {
  Machine machine = mac(16);
  machine.models = {{"qwen3:8b", 6 * kGiBytes}};
  CHECK(judged(machine, use(4096)).fit != Fit::fits);
}

TEST_CASE("a model that is loaded already does not stand in its own way") {
  Machine machine = mac(16);
  machine.this_one = true;
  machine.metal = MetalLimit{{12124ULL << 20U, 12124ULL << 20U}, "read"};
  machine.models = {{"llama3.1:8b", 59 * kGiBytes / 10}};
  machine.available = 5 * kGiBytes;
  const Model model;
  CHECK(judged(machine, use(4096)).fit == Fit::fits_not);
  for (const char* name : {"llama3.1:8b", "LLAMA3.1:8b", "library/llama3.1:8b"}) {
    const auto verdict = judged(asked_about(machine, name, model.weights.bytes), use(4096));
    CHECK(verdict.fit == Fit::fits);
    CHECK(verdict.sentence == "fits now");
  }
  CHECK(largest_context(model.shape, model.weights, use(0), asked_about(machine, "llama3.1:8b", model.weights.bytes)) > 4096);
  CHECK(judged(asked_about(machine, "llama3.1:70b", model.weights.bytes), use(4096)).fit == Fit::fits_not);
  machine.models = {{"mine:latest", 1}};
  CHECK(asked_about(machine, "mine", 0).models.empty());
}

TEST_CASE("other models that are loaded stay, and the verdict says so") {
  Machine machine = mac(16);
  machine.models = {{"llama3.1:8b", 5 * kGiBytes}, {"all-minilm:latest", kGiBytes / 10}};
  CHECK(judged(asked_about(machine, "llama3.1:8b", 0), use(4096)).sentence == "fits, with all-minilm:latest kept loaded");
  machine.models = {{"qwen3:8b", 10 * kGiBytes}};
  CHECK(judged(machine, use(4096)).sentence == "does not fit: needs 5.69 GiB where Metal has room for 0.84 GiB, with qwen3:8b kept loaded");
}

TEST_CASE("on a processor the pages of the model's file count as available already") {
  Machine machine;
  machine.ram = 16 * kGiBytes;
  machine.available = 6 * kGiBytes;
  machine.models = {{"llama3.1:8b", 7 * kGiBytes}};
  CHECK(room_in(asked_about(machine, "llama3.1:8b", 5 * kGiBytes)).memory == 8 * kGiBytes);
  CHECK(room_in(asked_about(machine, "llama3.1:8b", 9 * kGiBytes)).memory == 6 * kGiBytes);
  machine.ram = 7 * kGiBytes;
  CHECK(room_in(asked_about(machine, "llama3.1:8b", 0)).memory == 7 * kGiBytes);
}

TEST_CASE("where nobody tells what the system takes it is left a reserve, and nothing is certain") {
  Machine machine;
  machine.ram = 16 * kGiBytes;
  CHECK(reserve_in(machine) == reserve_of(16 * kGiBytes));
  CHECK(reserve_of(8 * kGiBytes) == 2 * kGiBytes);
  CHECK(reserve_of(100 * kGiBytes) == Approx(15.0 * kGiBytes).epsilon(0.001));
  const auto verdict = judged(machine, use(4096));
  CHECK(verdict.fit == Fit::fits);
  CHECK_FALSE(verdict.certain);
  CHECK(verdict.doubt == "if the system and other programs take no more than is reserved for them");
  machine.ram = 6 * kGiBytes;
  CHECK(judged(machine, use(4096)).sentence == "does not fit: needs 5.19 GiB where 4.00 GiB are left beside the reserve for the system");
  machine.available = 6 * kGiBytes;
  CHECK_FALSE(reserve_in(machine).has_value());
  CHECK(judged(machine, use(4096)).certain);
}

TEST_CASE("what is available now counts, and half of what suspending could free") {
  Machine machine = mac(16);
  machine.this_one = true;
  machine.available = 9 * kGiBytes;
  CHECK(judged(machine, use(4096)).sentence == "fits now");
  machine.available = 5 * kGiBytes;
  machine.targets = {{"photoanalysisd", 2 * kGiBytes}};
  const auto verdict = judged(machine, use(4096));
  CHECK(verdict.fit == Fit::fits_after_suspending);
  CHECK_FALSE(verdict.certain);
  CHECK(verdict.sentence == "fits once photoanalysisd is suspended and the system has compressed up to 1.00 GiB of it");
  CHECK(verdict.doubt == "if it compresses that much");
  machine.targets = {{"photoanalysisd", kGiBytes}};  // half of it is too little
  CHECK(judged(machine, use(4096)).fit != Fit::fits_after_suspending);
}

TEST_CASE("suspending frees nothing on Linux where there is no swap left") {
  Machine machine;
  machine.this_one = true;
  machine.ram = 16 * kGiBytes;
  machine.available = 5 * kGiBytes;
  machine.targets = {{"tracker-miner-fs-3", 8 * kGiBytes}};
  CHECK(judged(machine, use(4096)).fit != Fit::fits_after_suspending);
  machine.swap_free = 0;
  for (const std::uint64_t context : {256, 4096, 16384, 131072}) CHECK(judged(machine, use(context)).fit != Fit::fits_after_suspending);
  machine.swap_free = kGiBytes / 10;
  CHECK(freed_by_suspending(machine) == kGiBytes / 10);
  CHECK(judged(machine, use(4096)).fit != Fit::fits_after_suspending);
  machine.swap_free = 16 * kGiBytes;
  CHECK(freed_by_suspending(machine) == 4 * kGiBytes);
  CHECK(judged(machine, use(4096)).fit == Fit::fits_after_suspending);
}

TEST_CASE("without any number of the machine there is no verdict") {
  CHECK(judged(Machine{}, use(4096)).fit == Fit::unknown);
}

TEST_CASE("the largest context is at most what the model was trained with") {
  const Model model;
  CHECK(largest_context(model.shape, model.weights, use(0), mac(128)) == 131072);
  CHECK(largest_context(model.shape, model.weights, use(0), mac(8)) == 0);
}

TEST_CASE("a verdict never contradicts its numbers, whatever the model and machine") {
  for (const std::uint64_t weights : {1ULL << 30U, 5ULL << 30U, 9ULL << 30U, 40ULL << 30U}) {
    for (const double ram : {8, 16, 24, 32, 64}) {
      for (const std::uint64_t context : {512, 4096, 20000, 131072}) {
        Model model;
        model.weights.bytes = weights;
        const Machine machine = mac(ram);
        const auto verdict = judge(model.shape, model.weights, use(context), machine);
        const auto footprint = footprint_of(model.shape, model.weights, verdict.use, machine.system).value();
        INFO(weights << " " << ram << " " << context << " " << verdict.sentence);
        const bool within = footprint.loaded() <= room_in(machine).metal->high;
        CHECK(within == (verdict.fit != Fit::fits_not));
        if (verdict.certain && verdict.fit != Fit::fits_not) CHECK(footprint.loaded() <= room_in(machine).metal->low);
      }
    }
  }
}
