// Source: the tensors that llama.cpp's converter writes for each architecture (gguf-py, constants.py).
#include "client/advise/tensor_list.h"

namespace m1opt::client::advise {
namespace {

class List {
 public:
  explicit List(std::vector<PlannedTensor>& out) : out_(out) {}

  void matrix(Role role, std::uint64_t row, std::uint64_t rows) { out_.push_back({role, layer, row, row * rows, false}); }
  void experts(Role role, std::uint64_t row, std::uint64_t rows) { out_.push_back({role, layer, row, row * rows, true}); }
  void vector(std::uint64_t length) { out_.push_back({Role::plain, layer, length, length, false}); }

  std::size_t layer{0};

 private:
  std::vector<PlannedTensor>& out_;
};

void add_attention(List& list, const KnownModel& model, const Layer& layer) {
  const Shape& shape = model.shape;
  const std::uint64_t query = shape.heads * layer.key_length;
  const std::uint64_t keys = layer.kv_heads * layer.key_length;
  const std::uint64_t values = layer.kv_heads * layer.value_length;
  if (model.family == "phi3") {
    list.matrix(Role::attention_qkv, shape.embedding, query + keys + values);
  } else {
    list.matrix(Role::attention_q, shape.embedding, query);
    list.matrix(Role::attention_k, shape.embedding, keys);
    list.matrix(Role::attention_v, shape.embedding, values);
  }
  list.matrix(Role::attention_output, shape.heads * layer.value_length, shape.embedding);
  if (model.family == "qwen2" || model.family == "gptoss") list.vector(query + keys + values);
  if (model.family == "gptoss") list.vector(shape.embedding + shape.heads);
  if (model.family == "gemma3" || model.family.starts_with("qwen3")) list.vector(2 * layer.key_length);
}

void add_feed_forward(List& list, const KnownModel& model) {
  const Shape& shape = model.shape;
  if (shape.experts > 0) {
    const std::uint64_t width = shape.feed_forward / shape.experts_used;
    list.vector(shape.embedding * shape.experts);  // which experts to use: small, kept exact
    list.experts(Role::ffn_gate, shape.embedding, width * shape.experts);
    list.experts(Role::ffn_up, shape.embedding, width * shape.experts);
    list.experts(Role::ffn_down, width, shape.embedding * shape.experts);
    if (model.family == "gptoss") list.vector(shape.experts * (1 + 2 * width + shape.embedding));
    return;
  }
  if (model.family == "phi3") {
    list.matrix(Role::ffn_up, shape.embedding, 2 * shape.feed_forward);
  } else {
    list.matrix(Role::ffn_gate, shape.embedding, shape.feed_forward);
    list.matrix(Role::ffn_up, shape.embedding, shape.feed_forward);
  }
  list.matrix(Role::ffn_down, shape.feed_forward, shape.embedding);
}

}  // namespace

std::vector<PlannedTensor> tensors_of(const KnownModel& model) {
  const Shape& shape = model.shape;
  std::vector<PlannedTensor> tensors;
  List list(tensors);
  list.matrix(Role::token_embedding, shape.embedding, shape.vocabulary);
  list.vector(shape.embedding);
  if (!model.tied) list.matrix(Role::output, shape.embedding, shape.vocabulary);
  for (const Layer& layer : shape.layers) {
    list.vector((model.family == "gemma2" || model.family == "gemma3" ? 4 : 2) * shape.embedding);
    add_attention(list, model, layer);
    add_feed_forward(list, model);
    ++list.layer;
  }
  return tensors;
}

}  // namespace m1opt::client::advise
