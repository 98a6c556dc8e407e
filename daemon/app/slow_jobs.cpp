#include "app/slow_jobs.h"

#include "app/http_get.h"
#include "ollama/answers.h"
#include "platform/platform.h"

namespace m1opt::app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

sense::ModelReport ask_ollama(const Clock& clock, const OllamaConfig& config) {
  sense::ModelReport report;
  report.workload = "ollama";
  auto body = http_get(config.host, config.port, "/api/ps", kPatience);
  report.taken = clock.now();
  if (!body) {
    report.fault = body.error().what;
    return report;
  }
  auto models = ollama::parse_ps(*body);
  if (models) {
    report.models = std::move(*models);
  } else {
    report.fault = models.error().what;
  }
  return report;
}

std::vector<serve::SelfTestStep> run_self_test() {
  std::vector<serve::SelfTestStep> steps;
  for (const Capability& capability : platform::probe_capabilities()) {
    steps.push_back({capability.name, capability.available, capability.text});
  }
  return steps;
}

TierOutcome refuse_tiers(const TierRequest& request) {
  return {request, TierResult::failed, {}, "this daemon changes nothing, so nothing was asked for"};
}

}  // namespace

SlowJobs make_slow_jobs(const Clock& clock, const std::string& sysroot, bool acts) {
  SlowJobs jobs;
  if (auto read = platform::make_hardware_reader(sysroot)) {
    // Taken before it is asked: what takes long must not look young.
    jobs.read_hardware = [&clock, read = std::move(read)] {
      const Instant taken = clock.now();
      return sense::HardwareReport{read(), taken};
    };
  }
  jobs.ask_models = [&clock](const OllamaConfig& config) { return ask_ollama(clock, config); };
  jobs.set_tiers = acts ? platform::set_tiers : refuse_tiers;
  jobs.self_test = run_self_test;
  return jobs;
}

}  // namespace m1opt::app
