#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/advise/gguf/split.h"
#include "client/advise/model_name.h"
#include "client/models/manifest.h"

namespace m1opt::client::models {

/// The directory that Ollama keeps its models in; only read, and nobody else's link is followed.
struct Store {
  std::string directory;
};

/// $OLLAMA_MODELS, ~/.ollama/models, and on Linux where the service keeps them: the first that is there.
std::optional<Store> find_store();

struct StoredModel {
  advise::ModelName name;
  Manifest manifest;
};
/// Something in the store that cannot be used, and why.
struct StoreProblem {
  std::string what;
  std::string why;
};
struct StoreList {
  std::vector<StoredModel> models;  ///< by name
  std::vector<StoreProblem> problems;
};
StoreList list_models(const Store& store);

/// The path of a layer's blob. `gone` when it is not there, which says so when its download is not
/// finished; `changed` when it has another size than the manifest says.
base::Result<std::string> find_blob(const Store& store, const Layer& layer);

/// num_ctx of the model's own parameters, which Ollama uses unless a request says otherwise.
std::optional<std::uint64_t> own_context(const Store& store, const Manifest& manifest);

}  // namespace m1opt::client::models
