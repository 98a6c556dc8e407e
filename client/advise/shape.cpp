#include "client/advise/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/advise/broken.h"
#include "client/advise/recurrent.h"
#include "client/advise/windows.h"

namespace m1opt::client::advise {
namespace {

using base::Result;

// Above these a model is absurd; below them no product overflows.
constexpr std::uint64_t kMostLayers = 1024;
constexpr std::uint64_t kMostHeads = 1U << 14U;
constexpr std::uint64_t kWidestFeedForward = 1U << 26U;
constexpr std::uint64_t kLongestContext = 1U << 30U;
constexpr std::uint64_t kMostState = 1ULL << 40U;
constexpr std::uint64_t kLongestWindow = 0xFFFFFFFF;  // llama.cpp holds it in 32 bits
/// These keep nothing of tokens: they read a text whole.
constexpr std::array kEncoders{"bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3",
                               "eurobert", "modern-bert", "gemma-embedding", "clip"};

/// Reads "ARCHITECTURE.key", within what is not absurd.
class Reader {
 public:
  Reader(std::string_view architecture, const gguf::Metadata& metadata) : prefix_(std::string(architecture) + "."), metadata_(metadata) {}

  [[nodiscard]] Result<std::uint64_t> number(const std::string& key, std::uint64_t otherwise, std::uint64_t most) const {
    const auto found = gguf::number(metadata_, prefix_ + key);
    if (found.value_or(0) > most) return broken(fmt::format("{}{} is absurd: {}", prefix_, key, *found));
    return found.value_or(otherwise);
  }
  /// One number for all layers, or one for each.
  [[nodiscard]] Result<std::vector<std::uint64_t>> each(const std::string& key, std::vector<std::uint64_t> otherwise, std::uint64_t most) const {
    const auto* list = gguf::array(metadata_, prefix_ + key);
    if (list == nullptr) {
      const auto one = number(key, kNone, most);
      if (!one) return one.error();
      return *one == kNone ? std::move(otherwise) : std::vector(otherwise.size(), *one);
    }
    if (list->members.size() < otherwise.size()) {
      return broken(fmt::format("{}{} has {} members for {} layers", prefix_, key, list->members.size(), otherwise.size()));
    }
    for (std::size_t i = 0; i < otherwise.size(); ++i) {
      const std::int64_t member = list->members[i];
      if (member < 0 || static_cast<std::uint64_t>(member) > most) return broken(fmt::format("{}{} is absurd: {}", prefix_, key, member));
      otherwise[i] = static_cast<std::uint64_t>(member);
    }
    return otherwise;
  }

 private:
  static constexpr std::uint64_t kNone = ~0ULL;
  std::string prefix_;
  const gguf::Metadata& metadata_;
};

#define M1OPT_TAKE(into, expression)                 \
  do {                                               \
    auto taken = (expression);                       \
    if (!taken) return taken.error();                \
    (into) = std::move(*taken);                      \
  } while (false)

/// Lengths of a key and a value: of layers that see all tokens and of windowed ones.
struct Lengths {
  std::uint64_t key{0};
  std::uint64_t value{0};
  std::uint64_t window_key{0};
  std::uint64_t window_value{0};
};

Result<Lengths> lengths_of(const Reader& reader, const Shape& shape) {
  Lengths lengths;
  const std::uint64_t usual = shape.heads == 0 ? 0 : shape.embedding / shape.heads;
  M1OPT_TAKE(lengths.key, reader.number("attention.key_length", usual, kWidest));
  M1OPT_TAKE(lengths.value, reader.number("attention.value_length", usual, kWidest));
  M1OPT_TAKE(lengths.window_key, reader.number("attention.key_length_swa", lengths.key, kWidest));
  M1OPT_TAKE(lengths.window_value, reader.number("attention.value_length_swa", lengths.value, kWidest));
  std::uint64_t latent = 0;
  M1OPT_TAKE(latent, reader.number("attention.key_length_mla", 0, kWidest));
  if (latent != 0) lengths.value = lengths.window_value = 0;
  return lengths;
}

/// Layers from here on use what earlier ones keep.
Result<std::uint64_t> layers_with_cache(const Reader& reader, const Shape& shape) {
  const std::uint64_t all = shape.layers.size();
  if (shape.architecture == "gemma3n") return std::min<std::uint64_t>(all, 20);
  if (shape.architecture != "gemma4") return all;
  std::uint64_t shared = 0;
  M1OPT_TAKE(shared, reader.number("attention.shared_kv_layers", 0, kMostLayers));
  return all - std::min(all, shared);
}

Result<void> fill_layers(const Reader& reader, const gguf::Metadata& metadata, Shape& shape, std::vector<std::uint64_t> kv_heads) {
  Lengths lengths;
  M1OPT_TAKE(lengths, lengths_of(reader, shape));
  std::uint64_t cached = 0;
  M1OPT_TAKE(cached, layers_with_cache(reader, shape));
  if (const auto window = reader.number("attention.sliding_window", 0, kLongestWindow); !window) return window.error();
  const Windows windows = windows_of(shape.architecture, metadata, shape.layers.size());
  const Recurrent recurrent = recurrent_of(shape.architecture, metadata, kv_heads);
  if (recurrent.bytes > kMostState) return broken("its recurrent layers keep absurdly much");
  const bool encoder = std::find(kEncoders.begin(), kEncoders.end(), shape.architecture) != kEncoders.end();
  shape.window = windows.size;
  for (std::size_t i = 0; i < shape.layers.size(); ++i) {
    Layer& layer = shape.layers[i];
    layer.windowed = windows.size != 0 && windows.windowed[i];
    layer.key_length = layer.windowed ? lengths.window_key : lengths.key;
    layer.value_length = layer.windowed ? lengths.window_value : lengths.value;
    const bool is_recurrent = !recurrent.layers.empty() && recurrent.layers[i];
    if (is_recurrent) layer.recurrent_bytes = recurrent.bytes;
    const bool keeps = !encoder && i < cached && (!is_recurrent || recurrent.attention_too);
    layer.kv_heads = keeps ? kv_heads[i] : 0;
    if (layer.kv_heads > kWidest / std::max<std::uint64_t>(1, layer.key_length + layer.value_length)) {
      return broken(fmt::format("layer {} keeps absurdly much of each token", i + 1));
    }
  }
  if (windows.ignored) shape.doubts.emplace_back("the file names a window that llama.cpp does not use");
  if (!recurrent.known) shape.doubts.emplace_back("the state of its recurrent layers is not known");
  return {};
}

}  // namespace

Result<Shape> shape_of(const gguf::Metadata& metadata) {
  Shape shape;
  const auto architecture = gguf::text(metadata, "general.architecture");
  if (!architecture) return broken("general.architecture is missing");
  shape.architecture = *architecture;
  const Reader reader(shape.architecture, metadata);
  std::uint64_t layers = 0;
  M1OPT_TAKE(layers, reader.number("block_count", 0, kMostLayers));
  if (layers == 0) return broken(shape.architecture + ".block_count is missing");
  std::uint64_t extra = 0;
  M1OPT_TAKE(extra, reader.number("nextn_predict_layers", 0, kMostLayers));
  shape.layers.resize(static_cast<std::size_t>(layers - (extra < layers ? extra : 0)));
  M1OPT_TAKE(shape.embedding, reader.number("embedding_length", 0, kWidest));
  if (shape.embedding == 0) return broken(shape.architecture + ".embedding_length is missing");
  M1OPT_TAKE(shape.context_length, reader.number("context_length", 0, kLongestContext));
  M1OPT_TAKE(shape.experts, reader.number("expert_count", 0, kWidest));
  M1OPT_TAKE(shape.experts_used, reader.number("expert_used_count", 0, kWidest));
  if (shape.experts_used > shape.experts) return broken(fmt::format("{} of {} experts are used", shape.experts_used, shape.experts));
  const std::vector<std::uint64_t> none(shape.layers.size(), 0);
  std::vector<std::uint64_t> heads;
  M1OPT_TAKE(heads, reader.each("attention.head_count", none, kMostHeads));
  shape.heads = *std::max_element(heads.begin(), heads.end());
  std::vector<std::uint64_t> kv_heads;
  M1OPT_TAKE(kv_heads, reader.each("attention.head_count_kv", heads, kWidest));
  std::vector<std::uint64_t> dense;
  M1OPT_TAKE(dense, reader.each("feed_forward_length", none, kWidest));
  std::vector<std::uint64_t> expert;
  M1OPT_TAKE(expert, reader.each("expert_feed_forward_length", none, kWidest));
  shape.feed_forward = std::max(*std::max_element(dense.begin(), dense.end()),
                                *std::max_element(expert.begin(), expert.end()) * shape.experts_used);
  if (shape.feed_forward > kWidestFeedForward) return broken("its experts are absurdly wide");
  if (const auto* tokens = gguf::array(metadata, "tokenizer.ggml.tokens")) shape.vocabulary = std::min(tokens->count, kLongestContext);
  if (auto filled = fill_layers(reader, metadata, shape, std::move(kv_heads)); !filled) return filled.error();
  return shape;
}

#undef M1OPT_TAKE

}  // namespace m1opt::client::advise
