// Source: llama_hparams::n_embd_r() and n_embd_s() of llama.cpp, and is_recr_impl in src/models/.
#include "client/advise/recurrent.h"

#include <algorithm>
#include <array>

namespace m1opt::client::advise {
namespace {

enum class Which { all, without_kv_heads, all_with_attention, between_full, without_kv_or_feed_forward };

struct Row {
  const char* architecture;
  Which which;
};

constexpr std::array kRows{
    Row{"mamba", Which::all},
    Row{"mamba2", Which::all},
    Row{"rwkv6", Which::all},
    Row{"rwkv6qwen2", Which::all},
    Row{"rwkv7", Which::all},
    Row{"arwkv7", Which::all},
    Row{"falcon-h1", Which::all_with_attention},
    Row{"jamba", Which::without_kv_heads},
    Row{"plamo2", Which::without_kv_heads},
    Row{"granitehybrid", Which::without_kv_heads},
    Row{"lfm2", Which::without_kv_heads},
    Row{"lfm2moe", Which::without_kv_heads},
    Row{"kimi-linear", Which::without_kv_heads},
    Row{"nemotron_h", Which::without_kv_or_feed_forward},
    Row{"nemotron_h_moe", Which::without_kv_or_feed_forward},
    Row{"qwen3next", Which::between_full},
    Row{"qwen35", Which::between_full},
    Row{"qwen35moe", Which::between_full},
};

/// What is no width is below 2^16, or it is absurd; no product of these wraps.
constexpr std::uint64_t kMost = 1U << 16U;

/// Numbers of the model's shape.
class Numbers {
 public:
  Numbers(std::string_view architecture, const gguf::Metadata& metadata) : prefix_(std::string(architecture) + "."), metadata_(metadata) {}

  [[nodiscard]] std::uint64_t at(const char* key, std::uint64_t otherwise = 0, std::uint64_t most = kMost) const {
    return std::min(gguf::number(metadata_, prefix_ + key).value_or(otherwise), most);
  }

 private:
  std::string prefix_;
  const gguf::Metadata& metadata_;
};

/// Of one layer and slot, as 4-byte floats.
std::uint64_t bytes_of_state(const Numbers& numbers) {
  const std::uint64_t embedding = numbers.at("embedding_length", 0, kWidest);
  if (const std::uint64_t head = numbers.at("wkv.head_size"); head != 0) {
    return 4 * embedding * (numbers.at("token_shift_count", 2) + head);
  }
  if (const std::uint64_t cache = numbers.at("shortconv.l_cache"); cache != 0) return 4 * embedding * (cache - 1);
  const std::uint64_t kernel = numbers.at("ssm.conv_kernel");
  if (const std::uint64_t head = numbers.at("kda.head_dim"); head != 0) {
    const std::uint64_t heads = numbers.at("attention.head_count");
    return 4 * (3 * (kernel > 0 ? kernel - 1 : 3) * heads * head + head * head * heads);
  }
  const std::uint64_t inner = numbers.at("ssm.inner_size", 0, kWidest);
  const std::uint64_t state = numbers.at("ssm.state_size");
  const std::uint64_t convolution = (kernel > 0 ? kernel - 1 : 0) * (inner + 2 * numbers.at("ssm.group_count") * state);
  return 4 * (convolution + state * inner);
}

bool has_feed_forward(const gguf::Metadata& metadata, std::string_view architecture, std::size_t layer) {
  const std::string key = std::string(architecture) + ".feed_forward_length";
  if (const auto* each = gguf::array(metadata, key)) return layer < each->members.size() && each->members[layer] != 0;
  return gguf::number(metadata, key).value_or(0) != 0;
}

}  // namespace

Recurrent recurrent_of(std::string_view architecture, const gguf::Metadata& metadata, const std::vector<std::uint64_t>& kv_heads) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& candidate) { return architecture == candidate.architecture; });
  Recurrent recurrent;
  if (row == kRows.end()) return recurrent;
  const Numbers numbers(architecture, metadata);
  const auto interval = static_cast<std::size_t>(std::max<std::uint64_t>(1, numbers.at("full_attention_interval", 4)));
  recurrent.layers.resize(kv_heads.size());
  for (std::size_t i = 0; i < kv_heads.size(); ++i) {
    switch (row->which) {
      case Which::all:
      case Which::all_with_attention: recurrent.layers[i] = true; break;
      case Which::without_kv_heads: recurrent.layers[i] = kv_heads[i] == 0; break;
      case Which::between_full: recurrent.layers[i] = (i + 1) % interval != 0; break;
      case Which::without_kv_or_feed_forward: recurrent.layers[i] = kv_heads[i] == 0 && !has_feed_forward(metadata, architecture, i); break;
    }
  }
  recurrent.attention_too = row->which == Which::all_with_attention;
  recurrent.bytes = bytes_of_state(numbers);
  recurrent.known = recurrent.bytes != 0;
  return recurrent;
}

}  // namespace m1opt::client::advise
