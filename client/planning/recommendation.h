#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/advise/recommend.h"
#include "client/planning/calibration.h"
#include "client/render/style.h"

namespace m1opt::client::planning {

/// What `m1optctl recommend` says.
struct Recommendation {
  advise::Machine machine;
  std::string use;  ///< "" is any
  std::vector<advise::Choice> choices;
  std::vector<advise::Named> named;
  Calibration calibration;
};
Recommendation recommend(const advise::Machine& machine, const std::string& use);

/// The document m1opt.recommendation/1.
boost::json::object to_json(const Recommendation& recommendation);
/// The first `most` of them; 0: all.
std::string to_text(const Recommendation& recommendation, std::size_t most, const render::Style& style);

}  // namespace m1opt::client::planning
