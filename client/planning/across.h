#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/advise/across.h"
#include "client/planning/subject.h"
#include "client/render/style.h"

namespace m1opt::client::planning {

/// What `m1optctl plan MODEL --across ...` says.
struct AcrossPlan {
  Subject subject;
  advise::Use use;
  std::vector<advise::Node> nodes;
  std::vector<std::string> addresses;  ///< as commands name them
  double link_gbit{1};                 ///< gigabits a second of the slowest link
  advise::Split split;
  std::optional<double> bound;         ///< tokens a second at the most
};

/// "mini16,studio64:m1-max@10.0.0.2": a name that ends in GiB of RAM, a chip, an address; macOS
/// unless the system is "linux". The first one runs llama-server.
Expected<AcrossPlan> plan_across(const Subject& subject, const advise::Use& use, const std::string& list, const std::string& system,
                                 const std::string& link);

/// To be typed on a machine.
struct Step {
  std::string where;
  std::string command;
};
std::vector<Step> steps_of(const AcrossPlan& plan);

/// The document m1opt.across/1.
boost::json::object to_json(const AcrossPlan& plan);
std::string to_text(const AcrossPlan& plan, const render::Style& style);

}  // namespace m1opt::client::planning
