#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/advise/speed.h"
#include "client/advise/judgement.h"
#include "client/planning/subject.h"
#include "client/render/style.h"

namespace m1opt::client::planning {

/// The largest context that fits for sure with a type of cache; 0: none does.
struct Reach {
  std::string cache_type;
  std::uint64_t context{0};
};

/// What `m1optctl plan` says.
struct Plan {
  Subject subject;
  advise::Machine machine;
  advise::Use use;
  advise::Footprint footprint;
  advise::Judgement verdict;
  std::vector<Reach> reach;
  std::optional<advise::Bandwidth> bandwidth;
  advise::Speed fresh;  ///< with an empty context
  advise::Speed full;   ///< with a full one
};

Expected<Plan> make_plan(const Subject& subject, const advise::Machine& machine, const advise::Use& use);

/// The document m1opt.plan/1.
boost::json::object to_json(const Plan& plan);
std::string to_text(const Plan& plan, const render::Style& style);

/// A context, a length of a batch or a number of slots out of the command line.
Expected<std::uint64_t> count_of(const std::string& option, const std::string& word, std::uint64_t most);

}  // namespace m1opt::client::planning
