#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "client/bench/claimed_speeds.h"
#include "client/bench/session.h"
#include "client/machine.h"
#include "client/render/style.h"

namespace m1opt::client::bench {

/// What a bench found, as the document m1opt.bench/1 and as text.
struct Report {
  std::string taken;   ///< RFC 3339
  std::string server;  ///< "Ollama 0.32.15 at 127.0.0.1:11434"
  llm::Model model;
  Plan plan;
  Machine machine;
  Outcome outcome;
  std::optional<ClaimedSpeed> claimed{};
};

/// The rates of one arm, in the order in which they were measured.
enum class Phase { prompt, generation };
std::vector<double> rates_of(const Outcome& outcome, Phase phase, Arm arm);

/// Of the paused arm to the active one; absent without --ab.
std::optional<Estimate> gain_of(const Report& report, Phase phase);

boost::json::object to_json(const Report& report);
std::string to_text(const Report& report, const render::Style& style);

}  // namespace m1opt::client::bench
