#pragma once

#include "client/advise/shape.h"

namespace m1opt::test {

/// A model whose layers are all alike and see all tokens.
inline client::advise::Shape dense(std::size_t layers, std::uint64_t embedding, std::uint64_t heads, std::uint64_t kv_heads,
                                   std::uint64_t length) {
  client::advise::Shape shape;
  shape.architecture = "llama";
  shape.embedding = embedding;
  shape.heads = heads;
  shape.context_length = 131072;
  shape.layers.assign(layers, {kv_heads, length, length, false, 0});
  return shape;
}

/// gemma3: five of six layers see a window.
inline client::advise::Shape gemma3(std::size_t layers, std::uint64_t kv_heads, std::uint64_t length, std::uint64_t window) {
  client::advise::Shape shape = dense(layers, 2560, 8, kv_heads, length);
  shape.architecture = "gemma3";
  shape.window = window;
  for (std::size_t i = 0; i < layers; ++i) shape.layers[i].windowed = i % 6 < 5;
  return shape;
}

}  // namespace m1opt::test
