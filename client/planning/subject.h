#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/advise/catalogue.h"
#include "client/advise/footprint.h"
#include "client/failure.h"
#include "client/models/store.h"

/// What `plan`, `models` and `recommend` say, from client/advise and client/models.
namespace m1opt::client::planning {

/// A model that is asked about, wherever what is known of it comes from.
struct Subject {
  enum class Source { file, store, server, shape };

  std::string name;
  Source source{Source::file};
  std::string path;          ///< of its file; "" when there is none
  std::string quantisation;  ///< "Q4_K_M"; "" when it is not known
  std::string unverified;    ///< what is not certain of a known shape
  advise::Shape shape;
  advise::Weights weights;
  std::optional<std::uint64_t> own_context;  ///< what its Modelfile asks for
};

/// Looks for a file, in Ollama's store, asks a running Ollama, looks among the models whose shape is
/// known; these are taken in that mix ("" is Q4_K_M).
Expected<Subject> find_subject(const std::string& word, const std::string& mix);

/// Looks in Ollama's store alone. Absent: there is none, or it has no such model.
Expected<std::optional<Subject>> find_stored(const std::string& word);

/// Of a whole file's tensors, a projector's among them.
advise::Weights weights_of(const std::vector<advise::gguf::Tensor>& tensors, const advise::Shape& shape);

base::Result<Subject> read_subject(const models::Store& store, const models::StoredModel& stored);
base::Result<Subject> read_subject(const std::string& path);
/// `mix` is one of advise::mixes().
Subject subject_of(const advise::KnownModel& model, std::string_view mix);

}  // namespace m1opt::client::planning
