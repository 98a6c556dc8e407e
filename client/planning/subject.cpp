#include "client/planning/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "client/advise/quant_mix.h"
#include "client/advise/recommend.h"
#include "client/models/read_model.h"
#include "client/planning/shown_subject.h"
#include "wire/nearest.h"

namespace m1opt::client::planning {
namespace {

using advise::Weights;
using advise::gguf::Tensor;
using base::Result;
using models::FileSource;
using models::LayerKind;

constexpr const char* kUsualMix = "Q4_K_M";

bool is_of_projector(const Tensor& tensor) {
  return tensor.name.starts_with("v.") || tensor.name.starts_with("mm.") || tensor.name.starts_with("a.");
}

bool is_of_experts(const Tensor& tensor) { return tensor.name.find("_exps.") != std::string::npos; }

/// Of each token only the experts used are read; of the embedding one row, unless it is the output
/// too, and one of that which some models have for all layers.
std::uint64_t read_for_token(const Tensor& tensor, const advise::Shape& shape, bool tied) {
  const bool looked_up = (tensor.name == "token_embd.weight" && !tied) || tensor.name == "per_layer_token_embd.weight";
  if (looked_up) return tensor.bytes / std::max<std::uint64_t>(1, tensor.dims[1]);
  if (!is_of_experts(tensor) || shape.experts == 0) return tensor.bytes;
  return tensor.bytes / shape.experts * shape.experts_used;
}

Result<Subject> read_file(const std::string& path, FileSource::Links links) {
  const auto model = models::read_model(path, links);
  if (!model) return model.error();
  auto shape = advise::shape_of(model->metadata);
  if (!shape) return shape.error().within(path);
  Subject subject;
  subject.path = path;
  subject.shape = std::move(*shape);
  subject.weights = weights_of(model->tensors, subject.shape);
  if (const auto type = advise::gguf::number(model->metadata, "general.file_type")) {
    subject.quantisation = advise::gguf::file_type_name(*type);
  }
  return subject;
}

/// The tensors of a further file that is loaded with the model.
Result<std::uint64_t> bytes_of_part(const models::Store& store, const models::Manifest& manifest, LayerKind kind) {
  const models::Layer* layer = manifest.find(kind);
  if (layer == nullptr) return std::uint64_t{0};
  const auto path = models::find_blob(store, *layer);
  if (!path) return path.error();
  const auto model = models::read_model(*path, FileSource::Links::followed);
  if (!model) return layer->bytes;  // an adapter may be in another format
  std::uint64_t bytes = 0;
  for (const Tensor& tensor : model->tensors) bytes += tensor.bytes;
  return bytes;
}

std::string unknown_model(const std::string& word) {
  std::vector<std::string> names;
  for (const auto& model : advise::known_models()) names.push_back(model.name);
  const std::string nearest = wire::nearest(word, names);
  return nearest.empty() ? "See: m1optctl models" : fmt::format("Did you mean: {}", nearest);
}

Failure unreadable(const base::Error& error) { return {exit_code::kFailure, error.what, ""}; }

bool is_file_word(const std::string& word) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(word, ignored) || word.ends_with(".gguf") || word.starts_with("/") || word.starts_with("./");
}

}  // namespace

Weights weights_of(const std::vector<Tensor>& tensors, const advise::Shape& shape) {
  Weights weights;
  bool tied = true;
  for (const Tensor& tensor : tensors) tied = tied && tensor.name != "output.weight";
  for (const Tensor& tensor : tensors) {
    if (is_of_projector(tensor)) {
      weights.projector_bytes += tensor.bytes;
      continue;
    }
    weights.bytes += tensor.bytes;
    weights.parameters += tensor.elements;
    if (tensor.dims[1] > 1 && advise::gguf::is_repacked_on_cpus(*tensor.type)) weights.repacked_bytes += tensor.bytes;
    weights.bytes_per_token += read_for_token(tensor, shape, tied);
    if (tensor.name == "token_embd.weight") weights.input_bytes = tensor.bytes;
    if (tensor.name == "output.weight") weights.output_bytes = tensor.bytes;
    ++weights.tensors;
  }
  return weights;
}

Result<Subject> read_subject(const std::string& path) {
  auto subject = read_file(path, FileSource::Links::followed);
  if (subject) subject->name = std::filesystem::path(path).filename().string();
  return subject;
}

Result<Subject> read_subject(const models::Store& store, const models::StoredModel& stored) {
  const models::Layer* layer = stored.manifest.find(LayerKind::model);
  if (layer == nullptr) {
    const bool mlx = stored.manifest.find(LayerKind::mlx_tensor) != nullptr;
    return base::Error{base::Errc::unsupported, 0, mlx ? "in MLX's format, which is not read" : "has no weights of its own"};
  }
  const auto path = models::find_blob(store, *layer);
  if (!path) return path.error();
  auto subject = read_file(*path, FileSource::Links::followed);
  if (!subject) return subject;
  subject->source = Subject::Source::store;
  subject->name = stored.name.text();
  subject->own_context = models::own_context(store, stored.manifest);
  const auto projector = bytes_of_part(store, stored.manifest, LayerKind::projector);
  if (!projector) return projector.error();
  const auto adapter = bytes_of_part(store, stored.manifest, LayerKind::adapter);
  if (!adapter) return adapter.error();
  subject->weights.projector_bytes += *projector;
  subject->weights.adapter_bytes = *adapter;
  return subject;
}

Subject subject_of(const advise::KnownModel& model, std::string_view mix) {
  Subject subject;
  subject.name = model.name;
  subject.source = Subject::Source::shape;
  subject.quantisation = model.family == "gptoss" ? "MXFP4" : std::string(mix);
  subject.unverified = model.unverified;
  subject.shape = model.shape;
  subject.weights = advise::weights_of(model, mix);
  return subject;
}

Expected<std::optional<Subject>> find_stored(const std::string& word) {
  const auto store = models::find_store();
  const auto name = advise::parse_model_name(word);
  if (!store || !name) return std::optional<Subject>{};
  for (const auto& stored : models::list_models(*store).models) {
    if (!stored.name.is_same(*name)) continue;
    auto subject = read_subject(*store, stored);
    if (!subject) return Failure{exit_code::kFailure, fmt::format("{}: {}", stored.name.text(), subject.error().what), ""};
    return std::optional(*std::move(subject));
  }
  return std::optional<Subject>{};
}

Expected<Subject> find_subject(const std::string& word, const std::string& mix) {
  if (is_file_word(word)) {
    auto subject = read_subject(word);
    if (!subject) return unreadable(subject.error());
    return *std::move(subject);
  }
  if (mix.empty()) {
    auto stored = find_stored(word);
    if (!stored) return stored.error();
    if (*stored) return **std::move(stored);
    if (advise::parse_model_name(word)) {
      auto told = ask_for_subject(word);
      if (!told) return told.error();
      if (*told) return **std::move(told);
    }
  }
  const auto* known = advise::find_known_model(word);
  if (known == nullptr) {
    const auto store = models::find_store();
    return Failure{exit_code::kFailure, fmt::format("\"{}\" is no file, not in Ollama's store{}, no running Ollama has it and its shape is not known", word,
                                                    store ? fmt::format(" ({})", store->directory) : ""), unknown_model(word)};
  }
  if (!mix.empty() && !advise::quantise(*known, mix)) {
    return Failure{exit_code::kUsage, fmt::format("\"{}\" is no mix", mix), "See: m1optctl models --quants"};
  }
  return subject_of(*known, mix.empty() ? kUsualMix : mix);
}

}  // namespace m1opt::client::planning
