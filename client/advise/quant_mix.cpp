// Source: llama_tensor_get_type_impl() and tensor_type_fallback() of llama.cpp (src/llama-quant.cpp).
#include "client/advise/quant_mix.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "client/advise/gguf/tensor_type.h"

namespace m1opt::client::advise {
namespace {

/// A mix: the type of most tensors, and of those that get more. Where `more` or `first` is null
/// there is no such rule.
struct Mix {
  const char* name;
  const char* usual;
  const char* qkv;           ///< fused query, key and value
  const char* attention_v;
  const char* attention_out;
  const char* ffn_down;
  const char* more;          ///< attn_v and ffn_down of the outer and every third layer
  const char* first;         ///< attn_v of the first layers, ffn_down of the first share of them
  std::size_t first_v;       ///< how many those are
  std::size_t first_share;   ///< one in so many
};

constexpr std::array kMixes{
    Mix{"Q2_K", "Q2_K", "Q2_K", "Q4_K", "Q3_K", "Q3_K", nullptr, nullptr, 0, 0},
    Mix{"Q3_K_S", "Q3_K", "Q3_K", "Q3_K", "Q3_K", "Q3_K", nullptr, nullptr, 0, 0},
    Mix{"Q3_K_M", "Q3_K", "Q4_K", "Q4_K", "Q4_K", "Q4_K", nullptr, "Q5_K", 2, 16},
    Mix{"Q3_K_L", "Q3_K", "Q4_K", "Q5_K", "Q5_K", "Q5_K", nullptr, nullptr, 0, 0},
    Mix{"Q4_0", "Q4_0", "Q4_0", "Q4_0", "Q4_0", "Q4_0", nullptr, nullptr, 0, 0},
    Mix{"Q4_K_S", "Q4_K", "Q4_K", "Q4_K", "Q4_K", "Q4_K", nullptr, "Q5_K", 4, 8},
    Mix{"Q4_K_M", "Q4_K", "Q5_K", "Q4_K", "Q4_K", "Q4_K", "Q6_K", nullptr, 0, 0},
    Mix{"Q5_K_S", "Q5_K", "Q5_K", "Q5_K", "Q5_K", "Q5_K", nullptr, nullptr, 0, 0},
    Mix{"Q5_K_M", "Q5_K", "Q6_K", "Q5_K", "Q5_K", "Q5_K", "Q6_K", nullptr, 0, 0},
    Mix{"Q6_K", "Q6_K", "Q6_K", "Q6_K", "Q6_K", "Q6_K", nullptr, nullptr, 0, 0},
    Mix{"Q8_0", "Q8_0", "Q8_0", "Q8_0", "Q8_0", "Q8_0", nullptr, nullptr, 0, 0},
    Mix{"F16", "F16", "F16", "F16", "F16", "F16", nullptr, nullptr, 0, 0},
};

/// What is used instead of types whose blocks the rows do not fill.
constexpr std::array<std::array<const char*, 2>, 5> kFallbacks{{
    {"Q2_K", "Q4_0"}, {"Q3_K", "Q4_0"}, {"Q4_K", "Q5_0"}, {"Q5_K", "Q5_1"}, {"Q6_K", "Q8_0"}}};

bool is_small(const char* type) { return std::string_view(type) != "Q8_0" && std::string_view(type) != "F16"; }

bool gets_more(std::size_t layer, std::size_t layers) {
  return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
}

const char* type_of_output(const Mix& mix, std::uint64_t row) {
  if (!is_small(mix.usual)) return mix.usual;
  return row % gguf::find_tensor_type(std::string_view(mix.usual))->block != 0 ? "Q8_0" : "Q6_K";
}

const char* type_of_values(const Mix& mix, const PlannedTensor& tensor, const Shape& shape) {
  if (shape.experts == 8 && is_small(mix.usual)) return "Q8_0";
  const char* type = mix.attention_v;
  // Q2_K gives them more only where many heads share them.
  if (std::string_view(mix.name) == "Q2_K" && shape.heads < 4 * shape.layers[0].kv_heads) type = "Q3_K";
  if (mix.more != nullptr && gets_more(tensor.layer, shape.layers.size())) type = mix.more;
  if (mix.first != nullptr && tensor.layer < mix.first_v) type = mix.first;
  const bool large = shape.layers.size() == 80;
  if (large && (std::string_view(type) == "Q4_K" || std::string_view(type) == "Q3_K")) type = "Q5_K";
  return type;
}

const char* type_of_down(const Mix& mix, const PlannedTensor& tensor, const Shape& shape) {
  if (mix.more != nullptr && gets_more(tensor.layer, shape.layers.size())) return mix.more;
  if (mix.first != nullptr && tensor.layer < shape.layers.size() / mix.first_share) return mix.first;
  return mix.ffn_down;
}

const char* type_before_fallback(const Mix& mix, const PlannedTensor& tensor, const KnownModel& model) {
  const bool eight = model.shape.experts == 8 && is_small(mix.usual);
  switch (tensor.role) {
    case Role::plain: return "F32";
    case Role::token_embedding: return model.tied ? type_of_output(mix, tensor.row) : mix.usual;
    case Role::output: return type_of_output(mix, tensor.row);
    case Role::attention_v: return type_of_values(mix, tensor, model.shape);
    case Role::attention_k: return eight ? "Q8_0" : mix.usual;
    case Role::attention_qkv: return mix.qkv;
    case Role::attention_output: return eight && std::string_view(mix.usual) == "Q4_K" ? "Q5_K" : mix.attention_out;
    case Role::ffn_down: return type_of_down(mix, tensor, model.shape);
    case Role::attention_q:
    case Role::ffn_gate:
    case Role::ffn_up: return mix.usual;
  }
  return mix.usual;
}

const gguf::TensorType& type_of(const Mix& mix, const PlannedTensor& tensor, const KnownModel& model) {
  std::string_view name = type_before_fallback(mix, tensor, model);
  if (model.family == "gptoss" && tensor.role != Role::plain) name = tensor.expert ? "MXFP4" : "BF16";
  const gguf::TensorType* type = gguf::find_tensor_type(name);
  if (tensor.row % type->block == 0) return *type;
  for (const auto& [from, to] : kFallbacks) {
    if (name == from) type = gguf::find_tensor_type(std::string_view(to));
  }
  return tensor.row % type->block == 0 ? *type : *gguf::find_tensor_type(std::string_view("F16"));
}

const Mix* find_mix(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  const auto* found = std::find_if(kMixes.begin(), kMixes.end(), [&](const Mix& mix) { return upper == mix.name; });
  return found == kMixes.end() ? nullptr : found;
}

}  // namespace

std::vector<std::string_view> mixes() {
  std::vector<std::string_view> names;
  for (const Mix& mix : kMixes) names.emplace_back(mix.name);
  return names;
}

std::optional<Quantised> quantise(const KnownModel& model, std::string_view name) {
  const Mix* mix = find_mix(name);
  if (mix == nullptr) return std::nullopt;
  Quantised out;
  for (const PlannedTensor& tensor : tensors_of(model)) {
    const gguf::TensorType& type = type_of(*mix, tensor, model);
    const std::uint64_t bytes = tensor.elements / type.block * type.bytes;
    out.parameters += tensor.elements;
    out.bytes += bytes;
    if (gguf::is_repacked_on_cpus(type)) out.repacked_bytes += bytes;
    if (tensor.role == Role::token_embedding) out.input_bytes += bytes;
    if (tensor.role == Role::output) out.output_bytes += bytes;
    // Of a token embedding one row is looked up, unless it is the output too.
    if (tensor.role == Role::token_embedding && !model.tied) continue;
    out.bytes_per_token += tensor.expert ? bytes / model.shape.experts * model.shape.experts_used : bytes;
  }
  return out;
}

}  // namespace m1opt::client::advise
