#include "client/advise/shape.h"

#include "client/advise/windows.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::advise;
using gguf::Array;
using gguf::Metadata;
using gguf::Value;
using gguf::ValueType;

namespace {

Value number(std::uint64_t value) { return value; }
Value list(std::vector<std::int64_t> members) {
  const auto count = static_cast<std::uint64_t>(members.size());
  return Array{ValueType::i32, count, std::move(members)};
}

Metadata metadata(const std::string& arch, const Metadata& own) {
  Metadata out{{"general.architecture", arch},
               {arch + ".block_count", number(6)},
               {arch + ".embedding_length", number(2048)},
               {arch + ".context_length", number(32768)},
               {arch + ".attention.head_count", number(16)}};
  for (const auto& [key, value] : own) out.insert_or_assign(arch + "." + key, value);
  return out;
}

std::vector<bool> windowed(const Shape& shape) {
  std::vector<bool> out;
  for (const Layer& layer : shape.layers) out.push_back(layer.windowed);
  return out;
}

}  // namespace

TEST_CASE("lengths and KV heads that a file leaves out follow from the others, as in llama.cpp") {
  const auto shape = shape_of(metadata("llama", {}));
  REQUIRE(shape);
  CHECK(shape->layers.size() == 6);
  CHECK(shape->layers[0].kv_heads == 16);
  CHECK(shape->layers[0].key_length == 128);
  CHECK(shape->context_length == 32768);
  const auto own = shape_of(metadata("qwen3", {{"attention.head_count_kv", number(8)}, {"attention.key_length", number(192)}}));
  CHECK(own->layers[5].row() == 8 * (192 + 128));
}

TEST_CASE("each layer may have its own number of KV heads") {
  const auto shape = shape_of(metadata("openelm", {{"attention.head_count_kv", list({3, 0, 4, 4, 5, 6})}}));
  REQUIRE(shape);
  CHECK(shape->layers[0].kv_heads == 3);
  CHECK(shape->layers[1].row() == 0);
  CHECK(shape->layers[5].kv_heads == 6);
  CHECK(shape_of(metadata("openelm", {{"attention.head_count_kv", list({3})}})).error().what ==
        "openelm.attention.head_count_kv has 1 members for 6 layers");
}

TEST_CASE("which layers are windowed depends on the architecture") {
  const Metadata window{{"attention.sliding_window", number(512)}};
  CHECK(windowed(*shape_of(metadata("gemma2", window))) == std::vector<bool>{true, false, true, false, true, false});
  CHECK(windowed(*shape_of(metadata("gemma3", window))) == std::vector<bool>{true, true, true, true, true, false});
  CHECK(windowed(*shape_of(metadata("gpt-oss", window))) == std::vector<bool>{true, false, true, false, true, false});
  CHECK(windowed(*shape_of(metadata("smallthinker", window))) == std::vector<bool>{false, true, true, true, false, true});
  CHECK(shape_of(metadata("smallthinker", window))->window == 4096);
  CHECK(shape_of(metadata("gemma2", {}))->window == 4096);
  CHECK(shape_of(metadata("gemma3", {}))->window == 0);
  CHECK(shape_of(metadata("llama4", {}))->window == 8192);
  CHECK(shape_of(metadata("llama4", {{"attention.sliding_window", number(0)}}))->window == 0);
}

TEST_CASE("a file's own pattern goes before the architecture's") {
  const auto flags = list({0, 1, 1, 0, 0, 1});
  const Metadata own{{"attention.sliding_window", number(512)}, {"attention.sliding_window_pattern", flags}};
  CHECK(windowed(*shape_of(metadata("gemma3", own))) == std::vector<bool>{false, true, true, false, false, true});
  const Metadata period{{"attention.sliding_window", number(512)}, {"attention.sliding_window_pattern", number(3)}};
  CHECK(windowed(*shape_of(metadata("gemma3", period))) == std::vector<bool>{true, true, false, true, true, false});
}

TEST_CASE("a window that llama.cpp does not use is none, and that is said") {
  const auto shape = shape_of(metadata("phi3", {{"attention.sliding_window", number(2047)}}));
  CHECK(shape->window == 0);
  CHECK(shape->doubts == std::vector<std::string>{"the file names a window that llama.cpp does not use"});
}

TEST_CASE("windowed layers may have lengths of their own, and late layers share a cache") {
  const auto shape = shape_of(metadata("gemma4", {{"attention.sliding_window", number(512)},
                                                  {"attention.sliding_window_pattern", list({1, 1, 0, 1, 1, 0})},
                                                  {"attention.head_count_kv", number(2)},
                                                  {"attention.key_length", number(512)},
                                                  {"attention.value_length", number(512)},
                                                  {"attention.key_length_swa", number(256)},
                                                  {"attention.value_length_swa", number(256)},
                                                  {"attention.shared_kv_layers", number(3)}}));
  REQUIRE(shape);
  CHECK(shape->layers[0].row() == 2 * 512);
  CHECK(shape->layers[2].row() == 2 * 1024);
  CHECK(shape->layers[3].row() == 0);
}

TEST_CASE("hybrid models keep a state in their recurrent layers instead of tokens") {
  const Metadata ssm{{"attention.head_count_kv", list({0, 0, 4, 0, 0, 4})}, {"ssm.conv_kernel", number(4)}, {"ssm.inner_size", number(3072)},
                     {"ssm.state_size", number(128)}, {"ssm.group_count", number(1)}};
  const auto granite = shape_of(metadata("granitehybrid", ssm));
  REQUIRE(granite);
  CHECK(granite->layers[0].recurrent_bytes == 4 * (3 * (3072 + 2 * 128) + 128 * 3072));
  CHECK(granite->layers[0].row() == 0);
  CHECK(granite->layers[2].recurrent_bytes == 0);
  CHECK(granite->layers[2].row() == 4 * 256);
  const auto liquid = shape_of(metadata("lfm2", {{"attention.head_count_kv", list({0, 0, 4, 0, 0, 4})}, {"shortconv.l_cache", number(3)}}));
  CHECK(liquid->layers[0].recurrent_bytes == 4 * 2048 * 2);
  Metadata qwen = ssm;
  qwen.insert_or_assign("attention.head_count_kv", number(2));
  qwen.insert_or_assign("full_attention_interval", number(3));
  const auto next = shape_of(metadata("qwen3next", qwen));
  CHECK(next->layers[1].row() == 0);
  CHECK(next->layers[2].row() == 2 * 256);
  CHECK(shape_of(metadata("mamba", {}))->doubts == std::vector<std::string>{"the state of its recurrent layers is not known"});
}

TEST_CASE("layers that only predict further tokens keep nothing, and encoders neither") {
  CHECK(shape_of(metadata("glm4moe", {{"nextn_predict_layers", number(1)}}))->layers.size() == 5);
  CHECK(shape_of(metadata("bert", {}))->layers[0].row() == 0);
  CHECK(shape_of(metadata("deepseek2", {{"attention.head_count_kv", number(1)}, {"attention.key_length", number(576)}, {"attention.value_length", number(512)},
                                        {"attention.key_length_mla", number(192)}}))->layers[0].row() == 576);
}

TEST_CASE("a shape without its main numbers, or with absurd ones, is refused") {
  const auto why = [](const Metadata& data) { return shape_of(data).error().what; };
  CHECK(why({}) == "general.architecture is missing");
  CHECK(why({{"general.architecture", std::string("x")}}) == "x.block_count is missing");
  CHECK(why(metadata("x", {{"block_count", number(5000)}})) == "x.block_count is absurd: 5000");
  CHECK(why(metadata("x", {{"embedding_length", number(0)}})) == "x.embedding_length is missing");
  CHECK(why(metadata("x", {{"attention.head_count_kv", list({1, 2, 3, 4, 5, -6})}})) == "x.attention.head_count_kv is absurd: -6");
  CHECK(why(metadata("x", {{"attention.head_count_kv", number(1U << 20U)}, {"attention.key_length", number(512)}})) ==
        "layer 1 keeps absurdly much of each token");
}

TEST_CASE("numbers that would wrap what is reckoned from them are refused") {
  const auto refused = [](const std::string& arch, const Metadata& own) {
    const auto shape = shape_of(metadata(arch, own));
    return shape ? std::string("taken") : shape.error().what;
  };
  CHECK(refused("gemma3", {{"attention.sliding_window", number(~0ULL - 511)}}) ==
        "gemma3.attention.sliding_window is absurd: 18446744073709551104");
  CHECK(refused("gemma3", {{"attention.sliding_window", number(0xFFFFFFFF)}}) == "taken");
  CHECK(refused("llama", {{"attention.head_count", number(1U << 20U)}}) == "llama.attention.head_count is absurd: 1048576");
  CHECK(refused("llama", {{"expert_count", number(2)}, {"expert_used_count", number(1U << 20U)}}) == "1048576 of 2 experts are used");
  CHECK(refused("llama", {{"expert_count", number(1U << 20U)}, {"expert_used_count", number(1U << 20U)}, {"expert_feed_forward_length", number(1U << 20U)}}) ==
        "its experts are absurdly wide");
  // 2^58 bytes for each of 64 slots are 2^64, and so nothing.
  const Metadata state{{"attention.head_count", number(1U << 14U)}, {"attention.head_count_kv", number(0)}, {"kda.head_dim", number(1U << 20U)}, {"ssm.conv_kernel", number((1U << 20U) + 1)}};
  CHECK(refused("kimi-linear", state) == "its recurrent layers keep absurdly much");
}
