#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/planning/plan.h"

namespace m1opt::client::planning {

/// A model that is here.
struct Listed {
  Subject subject;
  std::uint64_t context_f16{0};
  std::uint64_t context_q8_0{0};
  std::optional<advise::Speed> speed;  ///< with an empty context
};

/// What `m1optctl models` says.
struct Listing {
  std::string place;  ///< the directory that was looked at; "" when there was none
  std::vector<Listed> models;
  std::vector<models::StoreProblem> problems;
  advise::Machine machine;
};

/// Of Ollama's store, or of a directory: another store, or one of GGUF files.
Expected<Listing> list_local(const std::string& directory, const advise::Machine& machine);

/// The document m1opt.models/1.
boost::json::object to_json(const Listing& listing);
std::string to_text(const Listing& listing, const render::Style& style);

/// Mixes of weights, with their real bits per weight and what they come to for two models.
boost::json::object quants_json();
std::string quants_text(const render::Style& style);

}  // namespace m1opt::client::planning
