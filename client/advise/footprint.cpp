// Sources: KV cache as in kv_cache.cpp. Compute buffer: measured of llama-server (build 10434) over
// models of many widths, see tests/e2e/plan_test.py; without flash attention and before June 2026
// as Ollama's own scheduler reckoned it. Prompt cache and checkpoints: defaults of llama-server.
#include "client/advise/footprint.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::client::advise {
namespace {

constexpr std::uint64_t kMetalContext = 512ULL << 20U;
constexpr std::uint64_t kCheckpoints = 32;

Term weights_term(const Weights& weights) {
  return {"weights", "Weights", weights.bytes, weights.tensors > 0 ? Certainty::exact : Certainty::estimate,
          weights.tensors > 0 ? fmt::format("{} tensors, as the file has them", weights.tensors)
                              : fmt::format("{:.2f} B parameters at {:.3f} bits", static_cast<double>(weights.parameters) / 1e9, weights.bits_per_weight())};
}

/// "8 KV heads x (128 + 128)" where all layers of the kind are alike.
std::string row_text(const Shape& shape, bool windowed) {
  const Layer* first = nullptr;
  for (const Layer& layer : shape.layers) {
    if (layer.row() == 0 || layer.windowed != windowed) continue;
    if (first == nullptr) first = &layer;
    if (layer.row() != first->row()) return "KV heads of each layer";
  }
  if (first == nullptr) return "nothing";
  return fmt::format("{} KV heads x ({} + {})", first->kv_heads, first->key_length, first->value_length);
}

double bytes_of_number(const Use& use) { return static_cast<double>(use.cache_type->bytes) / use.cache_type->block; }

void add_cache(const Shape& shape, const Use& use, const KvCache& cache, std::vector<Term>& terms) {
  const auto text = [&](std::uint64_t layers, std::uint64_t cells, bool windowed) {
    return fmt::format("{} layers x {} cells x {} x {:.4g} bytes", layers, cells, row_text(shape, windowed), bytes_of_number(use));
  };
  if (cache.full_layers > 0) {
    terms.push_back({"kv_cache", "KV cache", cache.full_bytes, Certainty::exact, text(cache.full_layers, cache.full_cells, false)});
  }
  if (cache.windowed_layers > 0) {
    terms.push_back({"kv_cache_windowed", "KV cache, windowed", cache.windowed_bytes, Certainty::exact,
                     text(cache.windowed_layers, cache.windowed_cells, true)});
  }
  if (cache.recurrent_layers > 0) {
    terms.push_back({"recurrent_state", "Recurrent state", cache.recurrent_bytes, Certainty::exact,
                     fmt::format("{} layers x {} slots, whatever the context", cache.recurrent_layers, use.parallel)});
  }
}

/// Activations of one batch, and the masks that say which tokens see which.
Term compute_term(const Shape& shape, const Use& use, const KvCache& cache) {
  const std::uint64_t batch = batch_of(use);
  std::uint64_t cells = 0;
  if (cache.full_layers > 0) cells += cache.full_cells / use.parallel;
  if (cache.windowed_layers > 0) cells += cache.windowed_cells / use.parallel;
  if (use.flash_attention) {
    const std::uint64_t bytes = 4 * batch * (4 * shape.embedding + 3 * shape.feed_forward) + 2 * batch * cells;
    return {"compute", "Compute buffer", bytes, Certainty::estimate,
            fmt::format("4 x {} x (4 x {} + 3 x {}) + 2 x {} x {} cells of masks", batch, shape.embedding, shape.feed_forward, batch, cells)};
  }
  const std::uint64_t bytes = 4 * batch * (1 + 4 * shape.embedding + cells * (1 + shape.heads));
  return {"compute", "Compute buffer", bytes, Certainty::estimate,
          fmt::format("4 x {} x (1 + 4 x {} + {} cells x (1 + {} heads)), without flash attention", batch, shape.embedding, cells, shape.heads)};
}

/// What a server keeps to go back to, where the cache alone cannot: of windows and recurrent states.
void add_checkpoints(const Use& use, const KvCache& cache, std::vector<Term>& terms) {
  const std::uint64_t each = (cache.windowed_bytes + cache.recurrent_bytes) / use.parallel;
  if (each == 0) return;
  terms.push_back({"checkpoints", "Context checkpoints", kCheckpoints * use.parallel * each, Certainty::limit,
                   fmt::format("up to {} a slot x {} bytes of windows and states (--ctx-checkpoints)", kCheckpoints, each)});
}

void add_files(const Weights& weights, std::vector<Term>& terms) {
  if (weights.projector_bytes > 0) {
    terms.push_back({"projector", "Projector", weights.projector_bytes, Certainty::exact, "its tensors: what turns images into tokens"});
  }
  if (weights.adapter_bytes > 0) {
    terms.push_back({"adapter", "Adapter", weights.adapter_bytes, Certainty::exact, "its tensors"});
  }
}

}  // namespace

base::Result<Footprint> footprint_of(const Shape& shape, const Weights& weights, const Use& use, System system) {
  const auto cache = kv_cache_of(shape, use);
  if (!cache) return cache.error();
  Footprint footprint;
  footprint.terms.push_back(weights_term(weights));
  add_cache(shape, use, *cache, footprint.terms);
  footprint.terms.push_back(compute_term(shape, use, *cache));
  footprint.terms.push_back({"output", "Output buffer", 4 * use.parallel * shape.vocabulary, Certainty::exact,
                             fmt::format("4 x {} slots x {} tokens of the vocabulary", use.parallel, shape.vocabulary)});
  add_files(weights, footprint.terms);
  if (system == System::macos) {
    footprint.terms.push_back({"metal", "Metal context", kMetalContext, Certainty::estimate, "what Ollama reserves for it"});
  }
  footprint.terms.push_back({"prompt_cache", "Prompt cache", kPromptCache, Certainty::limit,
                             "old prompts in RAM, 8 GiB unless LLAMA_ARG_CACHE_RAM says less (Ollama from 0.30 on)"});
  add_checkpoints(use, *cache, footprint.terms);
  if (system == System::linux_cpu && weights.repacked_bytes > 0) {
    footprint.terms.push_back({"repacked", "Repacked weights", weights.repacked_bytes, Certainty::limit,
                               "while it loads: copies of 4-bit tensors for the CPU's kernels; the file's own pages can then be dropped"});
  }
  return footprint;
}

std::uint64_t Footprint::loaded() const {
  std::uint64_t sum = 0;
  for (const Term& term : terms) sum += term.certainty == Certainty::limit ? 0 : term.bytes;
  return sum;
}

std::uint64_t Footprint::later() const {
  std::uint64_t sum = 0;
  for (const Term& term : terms) sum += term.certainty == Certainty::limit ? term.bytes : 0;
  return sum;
}

const Term* Footprint::find(std::string_view id) const {
  const auto found = std::find_if(terms.begin(), terms.end(), [id](const Term& term) { return term.id == id; });
  return found == terms.end() ? nullptr : &*found;
}

}  // namespace m1opt::client::advise
