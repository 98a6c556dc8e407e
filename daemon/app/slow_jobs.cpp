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

sense::RunnerReport ask_runner(const Clock& clock, const sense::RunnerServer& server) {
  sense::RunnerReport report;
  report.process = server.process;
  report.taken = clock.now();
  auto body = http_get("127.0.0.1", server.port, ollama::slots_request().target, kPatience);
  auto slots = body ? ollama::parse_slots(*body) : body.error();
  if (!slots) {
    report.fault = slots.error().what;
    return report;
  }
  for (SlotReading& slot : *slots) slot.runner = server.process;
  report.slots = std::move(*slots);
  return report;
}

std::vector<serve::SelfTestStep> run_self_test() {
  std::vector<serve::SelfTestStep> steps;
  for (const Capability& capability : platform::probe_capabilities()) {
    steps.push_back({capability.name, capability.available, capability.text});
  }
  return steps;
}

ErrandOutcome unload_model(const ErrandRequest& request, const OllamaConfig& config) {
  const auto answer = http_ask(config.host, config.port, ollama::unload_request(request.subject), kPatience);
  if (!answer) return {request, ErrandResult::failed, answer.error().what};
  return {request, ErrandResult::done, "Ollama was asked and agreed"};
}

ErrandOutcome run_errand(const ErrandRequest& request, const OllamaConfig& config) {
  switch (request.kind) {
    case ErrandKind::unload_model: return unload_model(request, config);
    case ErrandKind::stop_backup: return platform::stop_backup(request);
  }
  return {request, ErrandResult::failed, "nobody knows how"};
}

ErrandOutcome refuse_errand(const ErrandRequest& request, const OllamaConfig&) {
  return {request, ErrandResult::failed, "this daemon changes nothing, so nobody was asked"};
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
  jobs.ask_runner = [&clock](const sense::RunnerServer& server) { return ask_runner(clock, server); };
  jobs.set_tiers = acts ? platform::set_tiers : refuse_tiers;
  jobs.run_errand = acts ? run_errand : refuse_errand;
  jobs.self_test = run_self_test;
  return jobs;
}

}  // namespace m1opt::app
