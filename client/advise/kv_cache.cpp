// Source: llama_kv_cache, llama_kv_cache_iswa and llama_memory_recurrent of llama.cpp, and the
// rounding of the context in llama_context.
#include "client/advise/kv_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace m1opt::client::advise {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr std::uint64_t kPad = 256;
/// Above that a cache is absurd; below it no sum of what stands beside it wraps.
constexpr std::uint64_t kLargestCache = 1ULL << 50U;
constexpr std::array kCacheTypes{"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "IQ4_NL", "Q5_0", "Q5_1"};

std::uint64_t padded(std::uint64_t tokens) { return (tokens + kPad - 1) / kPad * kPad; }

/// Without flash attention all values are as wide as the widest.
std::uint64_t widest_values(const Shape& shape) {
  std::uint64_t widest = 0;
  for (const Layer& layer : shape.layers) widest = std::max(widest, layer.kv_heads * layer.value_length);
  return widest;
}

Result<std::uint64_t> bytes_of_cell(const Layer& layer, const Use& use, std::uint64_t values) {
  const std::uint64_t keys = layer.kv_heads * layer.key_length;
  const auto key_bytes = gguf::packed_bytes(*use.cache_type, keys);
  const auto value_bytes = gguf::packed_bytes(*use.cache_type, values);
  if (!key_bytes || !value_bytes) {
    return Error{Errc::unsupported, 0,
                 fmt::format("{} does not work with this model: its rows of {} and {} numbers are no multiples of {}",
                             use.cache_type->name, keys, values, use.cache_type->block)};
  }
  return *key_bytes + *value_bytes;
}

}  // namespace

std::uint64_t batch_of(const Use& use) {
  if (use.batch != 0) return use.batch;
  if (use.context <= 4096) return 512;
  return use.context <= 32768 ? 1024 : 2048;
}

const gguf::TensorType* find_cache_type(std::string_view name) {
  const auto* type = gguf::find_tensor_type(name);
  if (type == nullptr) return nullptr;
  const bool usable = std::any_of(kCacheTypes.begin(), kCacheTypes.end(), [type](const char* usual) { return std::string_view(type->name) == usual; });
  return usable ? type : nullptr;
}

std::uint64_t cells_of_slot(const Use& use) { return padded(padded(use.context * use.parallel) / use.parallel); }

Result<KvCache> kv_cache_of(const Shape& shape, const Use& use) {
  if (use.context == 0 || use.context > kLongestUse || use.parallel == 0 || use.parallel > kMostSlots ||
      use.batch > kLongestBatch) {
    return Error{Errc::unsupported, 0, "a context of 1 to 16777216 tokens in 1 to 64 slots, in batches of at most 65536"};
  }
  if (!use.flash_attention && use.cache_type->block > 1) {
    return Error{Errc::unsupported, 0, fmt::format("a cache of {} needs flash attention", use.cache_type->name)};
  }
  const std::uint64_t slot = cells_of_slot(use);
  KvCache cache;
  cache.full_cells = slot * use.parallel;
  cache.windowed_cells = padded(std::min(slot, shape.window + batch_of(use))) * use.parallel;
  const std::uint64_t widest = widest_values(shape);
  for (const Layer& layer : shape.layers) {
    if (layer.recurrent_bytes != 0) {
      ++cache.recurrent_layers;
      cache.recurrent_bytes += layer.recurrent_bytes * use.parallel;
    }
    if (layer.row() == 0) continue;
    const std::uint64_t own = layer.kv_heads * layer.value_length;
    const auto cell = bytes_of_cell(layer, use, use.flash_attention || own == 0 ? own : widest);
    if (!cell) return cell.error();
    (layer.windowed ? cache.windowed_layers : cache.full_layers) += 1;
    (layer.windowed ? cache.windowed_bytes : cache.full_bytes) += *cell * (layer.windowed ? cache.windowed_cells : cache.full_cells);
  }
  if (cache.bytes() > kLargestCache) return Error{Errc::unsupported, 0, "a cache of more than 2^50 bytes"};
  return cache;
}

}  // namespace m1opt::client::advise
