#include "client/advise/kv_cache.h"

#include "advise/shapes.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;
using test::dense;
using test::gemma3;

namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

Use with(std::uint64_t context, const char* type = "F16", std::uint64_t parallel = 1) {
  return {context, parallel, 512, find_cache_type(type), true};
}
std::uint64_t bytes(const Shape& shape, const Use& use) { return kv_cache_of(shape, use).value().bytes(); }
double gib(const Shape& shape, std::uint64_t context) { return static_cast<double>(bytes(shape, with(context))) / kGiB; }

}  // namespace

TEST_CASE("a token takes keys and values of every layer's KV heads") {
  CHECK(bytes(dense(32, 4096, 32, 8, 128), with(256)) == 256ULL * 131072);   // llama3.1:8b: 128 KiB
  CHECK(bytes(dense(28, 3584, 28, 4, 128), with(256)) == 256ULL * 57344);    // qwen2.5:7b: 56 KiB
  CHECK(bytes(dense(32, 4096, 32, 32, 128), with(256)) == 256ULL * 524288);  // codellama:7b: 512 KiB
  CHECK(bytes(dense(80, 8192, 64, 8, 128), with(512)) == 160ULL << 20U);     // llama3.3:70b: 160 MiB, as a log has it
}

TEST_CASE("the cache of known models is what is known of them") {
  CHECK(gib(dense(28, 3072, 24, 8, 128), 32768) == Approx(3.5));
  CHECK(gib(dense(32, 3072, 32, 32, 96), 8192) == Approx(3.0));
  CHECK(gib(gemma3(34, 4, 256, 1024), 4096) == Approx(0.25).margin(0.005));
  CHECK(gib(gemma3(34, 4, 256, 1024), 32768) == Approx(0.79).margin(0.005));
  CHECK(gib(gemma3(48, 8, 256, 1024), 8192) == Approx(0.97).margin(0.005));
  CHECK(gib(gemma3(62, 16, 128, 1024), 131072) == Approx(10.6).margin(0.05));
}

TEST_CASE("windowed layers hold the window and a batch, rounded up to 256") {
  const auto cache = kv_cache_of(gemma3(18, 1, 256, 512), {4096, 2, 512, find_cache_type("F16"), true});
  REQUIRE(cache);
  CHECK(cache->full_layers == 3);
  CHECK(cache->full_cells == 8192);
  CHECK(cache->full_bytes == 24U << 20U);  // as llama-server logs it
  CHECK(cache->windowed_layers == 15);
  CHECK(cache->windowed_cells == 2048);
  CHECK(cache->windowed_bytes == 30U << 20U);
  CHECK(kv_cache_of(gemma3(18, 1, 256, 512), with(512))->windowed_cells == 512);
  CHECK(kv_cache_of(gemma3(18, 1, 256, 500), with(4096))->windowed_cells == 1024);
}

TEST_CASE("blocks have their scales: q8_0 is 17/32 of f16, q4_0 is 9/32") {
  const auto shape = dense(32, 4096, 32, 8, 128);
  const std::uint64_t f16 = bytes(shape, with(8192));
  CHECK(bytes(shape, with(8192, "q8_0")) == f16 * 17 / 32);
  CHECK(bytes(shape, with(8192, "q4_0")) == f16 * 9 / 32);
  CHECK(bytes(shape, with(8192, "q5_1")) == f16 * 12 / 32);
  CHECK(bytes(shape, with(8192, "f32")) == f16 * 2);
}

TEST_CASE("the context of each slot is rounded up to 256") {
  CHECK(cells_of_slot(with(1)) == 256);
  CHECK(cells_of_slot(with(4096)) == 4096);
  CHECK(cells_of_slot(with(4097)) == 4352);
  CHECK(cells_of_slot(with(100, "F16", 2)) == 256);
  CHECK(bytes(dense(2, 64, 4, 2, 32), with(4096, "F16", 2)) == 2 * bytes(dense(2, 64, 4, 2, 32), with(4096)));
}

TEST_CASE("a cache type that the model's rows do not fill is refused, and one without flash attention") {
  const auto refused = kv_cache_of(dense(2, 60, 4, 1, 20), with(256, "q8_0"));
  CHECK(refused.error().what == "Q8_0 does not work with this model: its rows of 20 and 20 numbers are no multiples of 32");
  Use use = with(256, "q8_0");
  use.flash_attention = false;
  CHECK(kv_cache_of(dense(2, 64, 4, 1, 32), use).error().what == "a cache of Q8_0 needs flash attention");
  CHECK(find_cache_type("q6_k") == nullptr);
  CHECK(find_cache_type("IQ4_nl") != nullptr);
  CHECK_FALSE(kv_cache_of(dense(2, 64, 4, 1, 32), with(0)));
  CHECK_FALSE(kv_cache_of(dense(2, 64, 4, 1, 32), with(256, "F16", 1000)));
}

TEST_CASE("layers without KV heads take nothing, recurrent ones the same for every context") {
  auto shape = dense(4, 2048, 16, 4, 128);
  shape.layers[1] = {0, 128, 128, false, 1000};
  CHECK(bytes(shape, with(4096)) == 3ULL * 4096 * 4 * 256 * 2 + 1000);
  CHECK(bytes(shape, with(4096, "F16", 2)) == 2 * (3ULL * 4096 * 4 * 256 * 2 + 1000));
}

TEST_CASE("latent attention keeps keys only") {
  auto shape = dense(27, 2048, 16, 1, 576);
  for (auto& layer : shape.layers) layer.value_length = 0;
  CHECK(bytes(shape, with(256)) == 27ULL * 256 * 576 * 2);
}

TEST_CASE("without flash attention all values are as wide as the widest") {
  auto shape = dense(2, 64, 4, 2, 32);
  shape.layers[1].kv_heads = 4;
  Use use = with(256);
  use.flash_attention = false;
  CHECK(bytes(shape, use) == 256ULL * 2 * (64 + 128 + 128 + 128));
}

TEST_CASE("a cache that is absurdly large is refused before any sum wraps") {
  const auto shape = dense(1024, 1U << 20U, 1, 1, 1U << 19U);
  CHECK(kv_cache_of(shape, with(kLongestUse, "f32", kMostSlots)).error().what == "a cache of more than 2^50 bytes");
  CHECK_FALSE(kv_cache_of(dense(2, 64, 4, 1, 32), {4096, 1, kLongestBatch + 1, find_cache_type("F16"), true}));
}
