// Names and manifests of Ollama's store, which any registry may have made.
#include "client/advise/model_name.h"
#include "client/models/manifest.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

void model_store(std::string_view input) {
  const auto manifest = client::models::parse_manifest(input);
  if (!manifest) require(!manifest.error().what.empty(), "a refusal says why");
  if (manifest) {
    for (const auto& layer : manifest->layers) require(layer.hex.size() == 64, "a blob's name is its digest");
  }
  if (const auto name = client::advise::parse_model_name(input.substr(0, 2000))) {
    require(client::advise::parse_model_name(name->text()) == name, "a name reads back as the same");
    for (const auto& part : {name->host, name->name_space, name->model, name->tag}) {
      require(part.find('/') == std::string::npos && part != "..", "no part leads elsewhere");
    }
  }
}

}  // namespace m1opt::fuzz
