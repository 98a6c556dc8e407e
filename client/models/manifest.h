#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace m1opt::client::models {

/// What a layer of a model in Ollama's store is, as far as it takes memory.
enum class LayerKind { model, projector, adapter, draft, mlx_tensor, params, other };

struct Layer {
  LayerKind kind{LayerKind::other};
  std::string hex;  ///< of its SHA-256: the blob is blobs/sha256-HEX
  std::uint64_t bytes{0};
};

/// A model of Ollama's store: the layers that it is put together from.
struct Manifest {
  std::vector<Layer> layers;

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] const Layer* find(LayerKind kind) const;
};

base::Result<Manifest> parse_manifest(std::string_view text);

}  // namespace m1opt::client::models
