#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/config.h"
#include "model/errand.h"
#include "model/tier.h"
#include "sense/sampler.h"
#include "serve/backend.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// What the slow thread can do; tests bring others.
struct SlowJobs {
  std::function<sense::ModelReport(const OllamaConfig&)> ask_models;
  std::function<sense::RunnerReport(const sense::RunnerServer&)> ask_runner;
  std::function<sense::HardwareReport()> read_hardware;  ///< empty: there is nothing to ask
  std::function<TierOutcome(const TierRequest&)> set_tiers;
  std::function<ErrandOutcome(const ErrandRequest&, const OllamaConfig&)> run_errand;
  std::function<std::vector<serve::SelfTestStep>()> self_test;
};

/// The machine's own. Unless the daemon `acts`, no tool is started.
SlowJobs make_slow_jobs(const Clock& clock, const std::string& sysroot, bool acts);

}  // namespace m1opt::app
