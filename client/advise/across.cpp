// Source: llama_model::load_tensors() of llama.cpp: servers stand before the own GPU, and a layer goes
// to the device in whose part of the sum of --tensor-split its number lies.
#include "client/advise/across.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace m1opt::client::advise {
namespace {

/// Weights and cache of each layer; the last is the output.
struct Unit {
  std::uint64_t weights{0};
  std::uint64_t cache{0};
};

std::uint64_t bytes_of_term(const Footprint& footprint, const char* id) {
  const Term* term = footprint.find(id);
  return term == nullptr ? 0 : term->bytes;
}

base::Result<std::vector<Unit>> units_of(const Shape& shape, const Weights& weights, const Use& use) {
  const std::uint64_t in_layers = weights.bytes - std::min(weights.bytes, weights.input_bytes + weights.output_bytes);
  std::vector<Unit> units;
  Shape one = shape;
  for (const Layer& layer : shape.layers) {
    one.layers = {layer};
    const auto cache = kv_cache_of(one, use);
    if (!cache) return cache.error();
    units.push_back({in_layers / shape.layers.size(), cache->bytes()});
  }
  // A model whose embedding is its output has it twice: on the machine that reads and on the one that writes.
  units.push_back({weights.output_bytes != 0 ? weights.output_bytes : weights.input_bytes, 0});
  return units;
}

std::uint64_t room_of(const Machine& machine) {
  const Room room = room_in(machine);
  std::uint64_t least = machine.ram.value_or(0);
  if (room.memory) least = std::min(least, *room.memory);
  if (room.metal) least = std::min(least, room.metal->low);
  return least;
}

std::uint64_t left(const Share& share) { return share.room > share.bytes() ? share.room - share.bytes() : 0; }

/// Layers of each share by its room, so that all fill up alike; what rounding leaves goes to the last.
void deal(std::vector<Share>& shares, std::uint64_t count) {
  double room = 0;
  for (const Share& share : shares) room += static_cast<double>(left(share));
  double before = 0;
  std::uint64_t given = 0;
  for (Share& share : shares) {
    before += room > 0 ? static_cast<double>(left(share)) / room : 1.0 / static_cast<double>(shares.size());
    const auto until = static_cast<std::uint64_t>(std::llround(before * static_cast<double>(count)));
    share.layers = std::min(until, count) - std::min(given, count);
    given = std::max(given, until);
  }
  if (given < count) shares.back().layers += count - given;
}

void fill(std::vector<Share>& shares, const std::vector<Unit>& units) {
  std::size_t next = 0;
  for (Share& share : shares) {
    share.weights = share.cache = 0;
    for (std::uint64_t i = 0; i < share.layers; ++i, ++next) {
      share.weights += units[next].weights;
      share.cache += units[next].cache;
    }
  }
}

/// Takes layers from who has too many to who has room, where rounding or an uneven layer made that so.
void even_out(std::vector<Share>& shares, const std::vector<Unit>& units) {
  for (std::size_t round = 0; round < units.size(); ++round) {
    const auto full = std::find_if(shares.begin(), shares.end(), [](const Share& share) { return share.bytes() > share.room && share.layers > 0; });
    const auto roomy = std::max_element(shares.begin(), shares.end(), [](const Share& a, const Share& b) { return left(a) < left(b); });
    if (full == shares.end() || left(*roomy) == 0) return;
    --full->layers;
    ++roomy->layers;
    fill(shares, units);
  }
}

}  // namespace

base::Result<Split> split_across(const Shape& shape, const Weights& weights, const Use& use, const std::vector<Node>& nodes) {
  const auto units = units_of(shape, weights, use);
  if (!units) return units.error();
  Split split;
  for (std::size_t i = 1; i <= nodes.size(); ++i) {
    const std::size_t node = i % nodes.size();
    const auto footprint = footprint_of(shape, weights, use, nodes[node].machine.system);
    if (!footprint) return footprint.error();
    Share share;
    share.node = node;
    share.room = room_of(nodes[node].machine);
    share.besides = bytes_of_term(*footprint, "compute") + bytes_of_term(*footprint, "metal");
    if (node == 0) share.besides += weights.input_bytes + weights.projector_bytes + bytes_of_term(*footprint, "output");
    split.shares.push_back(share);
  }
  deal(split.shares, units->size());
  fill(split.shares, *units);
  even_out(split.shares, *units);
  for (const Share& share : split.shares) split.missing += share.bytes() - std::min(share.bytes(), share.room);
  split.fits = split.missing == 0;
  split.bytes_between = nodes.size() > 1 ? 2 * 4 * shape.embedding * (nodes.size() - 1) : 0;
  return split;
}

std::optional<double> bound_across(const Split& split, const Weights& weights, const std::vector<Node>& nodes, double link) {
  const double all = static_cast<double>(std::accumulate(split.shares.begin(), split.shares.end(), std::uint64_t{0},
                                                         [](std::uint64_t sum, const Share& share) { return sum + share.weights; }));
  double seconds = static_cast<double>(split.bytes_between) / link;
  for (const Share& share : split.shares) {
    const auto bandwidth = bandwidth_of(nodes[share.node].machine.chip);
    if (!bandwidth) return std::nullopt;
    const double part = all > 0 ? static_cast<double>(share.weights) / all : 0;
    seconds += part * static_cast<double>(weights.bytes_per_token) / bandwidth->high;
  }
  return seconds > 0 ? std::optional(1 / seconds) : std::nullopt;
}

}  // namespace m1opt::client::advise
