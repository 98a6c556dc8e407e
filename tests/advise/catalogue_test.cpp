#include "client/advise/catalogue.h"

#include <cmath>

#include "client/advise/data.h"
#include "client/advise/kv_cache.h"
#include "client/advise/quant_mix.h"
#include "client/advise/table.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;

namespace {

/// Within 1 % of a size that was published with two digits.
bool is_near(double gigabytes, double published) {
  return std::abs(gigabytes - published) <= std::max(0.01 * published, 0.0051);
}

double gigabytes(const KnownModel& model, const char* mix) { return static_cast<double>(quantise(model, mix)->bytes) / 1e9; }

}  // namespace

TEST_CASE("of every known model the KV cache of a token follows from its shape") {
  for (const TableRow& row : read_table(data::models_csv)) {
    INFO(row.text("name"));
    const KnownModel* model = find_known_model(row.text("name"));
    REQUIRE(model);
    std::uint64_t bytes = 0;
    for (const Layer& layer : model->shape.layers) bytes += 2 * layer.row();
    CHECK(bytes == row.whole("kv_bytes_per_token"));
    CHECK((model->shape.window != 0) == (row.whole("window") != 0));
  }
  CHECK(known_models().size() == 45);
}

TEST_CASE("of every known model the tensors give its parameters, and each mix its size within 1 %") {
  for (const TableRow& row : read_table(data::models_csv)) {
    INFO(row.text("name"));
    const KnownModel& model = *find_known_model(row.text("name"));
    const auto parameters = static_cast<double>(quantise(model, "F16")->parameters) / 1e9;
    CHECK(parameters == Approx(row.real("params_b")).margin(0.00051).epsilon(0.0005));
    if (model.family == "gptoss") continue;
    CHECK(is_near(gigabytes(model, "Q4_K_M"), row.real("gb_q4_k_m")));
    CHECK(is_near(gigabytes(model, "Q5_K_M"), row.real("gb_q5_k_m")));
    CHECK(is_near(gigabytes(model, "Q8_0"), row.real("gb_q8_0")));
  }
}

TEST_CASE("a wrong shape gives another size") {
  KnownModel model = *find_known_model("llama3.1:8b");
  const double right = gigabytes(model, "Q4_K_M");
  const auto changed = [&](auto change) {
    KnownModel wrong = model;
    change(wrong.shape);
    return !is_near(gigabytes(wrong, "Q4_K_M"), right);
  };
  CHECK(changed([](Shape& shape) { shape.layers.pop_back(); }));
  CHECK(changed([](Shape& shape) { shape.embedding += 256; }));
  CHECK(changed([](Shape& shape) { shape.feed_forward += 512; }));
  CHECK(changed([](Shape& shape) { shape.vocabulary += 20000; }));
  CHECK(changed([](Shape& shape) { shape.heads += 4; }));
  CHECK(changed([](Shape& shape) { for (Layer& layer : shape.layers) layer.kv_heads *= 4; }));
}

TEST_CASE("gpt-oss keeps its own type") {
  CHECK(is_near(gigabytes(*find_known_model("gpt-oss:20b"), "Q4_K_M"), 13.75));
  CHECK(is_near(gigabytes(*find_known_model("gpt-oss:120b"), "Q8_0"), 65.17));
}

TEST_CASE("the real file of gemma3:270m has the size that its shape gives") {
  // Bytes of all tensors in gemma-3-270m-q4_k_m.gguf, read from its header.
  constexpr double kReal = 246587904.0;
  CHECK(static_cast<double>(quantise(*find_known_model("gemma3:270m"), "Q4_K_M")->bytes) == Approx(kReal).epsilon(0.01));
}

TEST_CASE("bits per weight are those that llama.cpp publishes for Llama 3.1 8B") {
  const KnownModel& model = *find_known_model("llama3.1:8b");
  for (const TableRow& row : read_table(data::quants_csv)) {
    INFO(row.text("name"));
    const auto quantised = quantise(model, row.text("name"));
    REQUIRE(quantised);
    if (row.real("llama31_8b") > 0) CHECK(quantised->bits_per_weight() == Approx(row.real("llama31_8b")).epsilon(0.005));
  }
  CHECK(mixes().size() == read_table(data::quants_csv).size());
  CHECK_FALSE(quantise(model, "Q7_K"));
}

TEST_CASE("a token of a model with experts reads only those it uses") {
  const auto dense = *quantise(*find_known_model("qwen3:32b"), "Q4_K_M");
  const auto experts = *quantise(*find_known_model("qwen3:30b-a3b"), "Q4_K_M");
  CHECK(static_cast<double>(dense.bytes_per_token) > 0.95 * static_cast<double>(dense.bytes));
  CHECK(static_cast<double>(experts.bytes_per_token) / 1e9 == Approx(2.06).margin(0.15));
  const auto tied = *quantise(*find_known_model("gemma3:1b"), "Q4_K_M");
  CHECK(tied.bytes_per_token == tied.bytes);
}

TEST_CASE("a model is found by its name with and without a tag") {
  CHECK(find_known_model("llama3.1")->name == "llama3.1:8b");
  CHECK(find_known_model("qwen3:8b")->name == "qwen3:8b");
  CHECK(find_known_model("tinyllama:latest")->name == "tinyllama:1.1b");
  CHECK(find_known_model("nothing") == nullptr);
}
