#include "client/models/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <utility>

#include "client/advise/broken.h"
#include "ollama/json.h"

namespace m1opt::client::models {
namespace {

using base::Result;
namespace json = boost::json;

constexpr std::size_t kMostLayers = 100'000;  // an MLX model has one for each tensor
constexpr std::string_view kPrefix = "application/vnd.ollama.image.";
constexpr std::array kKinds{
    std::pair{std::string_view("model"), LayerKind::model},
    std::pair{std::string_view("projector"), LayerKind::projector},
    std::pair{std::string_view("adapter"), LayerKind::adapter},
    std::pair{std::string_view("draft"), LayerKind::draft},
    std::pair{std::string_view("tensor"), LayerKind::mlx_tensor},
    std::pair{std::string_view("params"), LayerKind::params},
};

LayerKind kind_of(std::string_view media_type) {
  if (!media_type.starts_with(kPrefix)) return LayerKind::other;
  media_type.remove_prefix(kPrefix.size());
  media_type = media_type.substr(0, media_type.find(';'));
  for (const auto& [name, kind] : kKinds) {
    if (name == media_type) return kind;
  }
  return LayerKind::other;
}

/// The digits of sha256:HEX or sha256-HEX; empty when it is none.
std::string hex_of(std::string_view digest) {
  if (!digest.starts_with("sha256:") && !digest.starts_with("sha256-")) return {};
  digest.remove_prefix(7);
  const bool digits = std::all_of(digest.begin(), digest.end(), [](unsigned char letter) { return std::isxdigit(letter) != 0; });
  return digits && digest.size() == 64 ? std::string(digest) : std::string();
}

Result<Layer> read_layer(const json::value& value, const std::string& where) {
  if (!value.is_object()) return advise::broken(where + " is no object");
  const auto& object = value.get_object();
  const auto media_type = ollama::read_string(object, "mediaType", where);
  if (!media_type) return media_type.error();
  const auto digest = ollama::read_string(object, "digest", where);
  if (!digest) return digest.error();
  const auto size = ollama::read_integer(object, "size", where);
  if (!size) return size.error();
  Layer layer{kind_of(media_type->value_or("")), hex_of(digest->value_or("")), 0};
  if (layer.hex.empty()) return advise::broken(where + " has no SHA-256 digest");
  layer.bytes = static_cast<std::uint64_t>(size->value_or(0));
  return layer;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  const auto object = ollama::parse_object(text);
  if (!object) return object.error();
  const auto* layers = object->if_contains("layers");
  if (layers == nullptr || !layers->is_array()) return advise::broken("the manifest has no list of layers");
  if (layers->get_array().size() > kMostLayers) return advise::broken("the manifest has too many layers");
  Manifest manifest;
  for (const json::value& value : layers->get_array()) {
    auto layer = read_layer(value, fmt::format("layer {}", manifest.layers.size() + 1));
    if (!layer) return layer.error();
    manifest.layers.push_back(std::move(*layer));
  }
  return manifest;
}

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const Layer& layer : layers) sum += layer.bytes;
  return sum;
}

const Layer* Manifest::find(LayerKind kind) const {
  const auto found = std::find_if(layers.begin(), layers.end(), [kind](const Layer& layer) { return layer.kind == kind; });
  return found == layers.end() ? nullptr : &*found;
}

}  // namespace m1opt::client::models
