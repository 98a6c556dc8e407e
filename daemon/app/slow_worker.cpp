#include "app/slow_worker.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace m1opt::app {

namespace {

/// A disk that hangs must not fill the memory.
constexpr std::size_t kMostPosted = 64;

}  // namespace

SlowWorker::SlowWorker(SlowJobs jobs, std::function<void()> wake)
    : jobs_(std::move(jobs)), wake_(std::move(wake)) {}

SlowWorker::~SlowWorker() { stop(); }

void SlowWorker::start() {
  thread_ = std::thread([this] { run(); });
}

void SlowWorker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SlowWorker::ask_ollama(const OllamaConfig& config) {
  const std::lock_guard lock(mutex_);
  if (question_) return;
  question_ = config;
  changed_.notify_all();
}

std::optional<sense::ModelReport> SlowWorker::take_report() {
  const std::lock_guard lock(mutex_);
  return std::exchange(report_, std::nullopt);
}

void SlowWorker::ask_runners(const std::vector<sense::RunnerServer>& servers) {
  if (servers.empty()) return;
  const std::lock_guard lock(mutex_);
  if (!runners_.empty()) return;
  runners_.assign(servers.begin(), servers.end());
  changed_.notify_all();
}

std::vector<sense::RunnerReport> SlowWorker::take_runner_reports() {
  const std::lock_guard lock(mutex_);
  return std::exchange(runner_reports_, {});
}

void SlowWorker::ask_hardware() {
  if (!has_hardware()) return;
  const std::lock_guard lock(mutex_);
  if (hardware_wanted_) return;
  hardware_wanted_ = true;
  changed_.notify_all();
}

std::optional<sense::HardwareReport> SlowWorker::take_hardware() {
  const std::lock_guard lock(mutex_);
  return std::exchange(hardware_, std::nullopt);
}

void SlowWorker::ask_tiers(const std::vector<TierRequest>& requests) {
  if (requests.empty()) return;
  const std::lock_guard lock(mutex_);
  tier_requests_.insert(tier_requests_.end(), requests.begin(), requests.end());
  changed_.notify_all();
}

void SlowWorker::refuse_tiers(const std::vector<TierRequest>& requests, const std::string& why) {
  const std::lock_guard lock(mutex_);
  for (const TierRequest& request : requests) {
    tier_outcomes_.push_back({request, TierResult::failed, {}, why});
  }
}

std::vector<TierOutcome> SlowWorker::take_tier_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(tier_outcomes_, {});
}

void SlowWorker::run_errands(const std::vector<ErrandRequest>& errands,
                             const OllamaConfig& config) {
  if (errands.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const ErrandRequest& errand : errands) errands_.emplace_back(errand, config);
  changed_.notify_all();
}

void SlowWorker::refuse_errands(const std::vector<ErrandRequest>& errands, const std::string& why) {
  const std::lock_guard lock(mutex_);
  for (const ErrandRequest& errand : errands) {
    errand_outcomes_.push_back({errand, ErrandResult::failed, why});
  }
}

std::vector<ErrandOutcome> SlowWorker::take_errand_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(errand_outcomes_, {});
}

bool SlowWorker::self_test(std::function<void(std::vector<serve::SelfTestStep>)> done) {
  const std::lock_guard lock(mutex_);
  if (test_done_ || stopping_) return false;
  test_done_ = std::move(done);
  changed_.notify_all();
  return true;
}

bool SlowWorker::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || posted_.size() >= kMostPosted) return false;
  posted_.push_back(std::move(work));
  changed_.notify_all();
  return true;
}

bool SlowWorker::ask_models() {
  OllamaConfig config;
  {
    const std::lock_guard lock(mutex_);
    config = *question_;
  }
  std::optional<sense::ModelReport> report;
  try {
    report = jobs_.ask_models(config);
  } catch (const std::exception& e) {
    log_error("asking Ollama: {}", e.what());
  }
  const std::lock_guard lock(mutex_);
  question_.reset();
  if (report) report_ = std::move(report);
  return true;
}

bool SlowWorker::ask_runner() {
  sense::RunnerServer server;
  {
    const std::lock_guard lock(mutex_);
    server = runners_.front();
  }
  std::optional<sense::RunnerReport> report;
  try {
    report = jobs_.ask_runner(server);
  } catch (const std::exception& e) {
    log_error("asking port {}: {}", server.port, e.what());
  }
  const std::lock_guard lock(mutex_);
  runners_.pop_front();
  if (report) runner_reports_.push_back(std::move(*report));
  return runners_.empty();
}

bool SlowWorker::read_hardware() {
  std::optional<sense::HardwareReport> report;
  try {
    report = jobs_.read_hardware();
  } catch (const std::exception& e) {
    log_error("reading temperatures and fans: {}", e.what());
  }
  const std::lock_guard lock(mutex_);
  hardware_wanted_ = false;
  if (report) hardware_ = std::move(report);
  return !std::exchange(hardware_known_, hardware_known_ || hardware_.has_value());
}

bool SlowWorker::set_tiers() {
  TierRequest request;
  {
    const std::lock_guard lock(mutex_);
    request = tier_requests_.front();
    tier_requests_.pop_front();
  }
  TierOutcome outcome{request, TierResult::failed, {}, {}};
  try {
    outcome = jobs_.set_tiers(request);
  } catch (const std::exception& e) {
    outcome.text = e.what();
  }
  const std::lock_guard lock(mutex_);
  tier_outcomes_.push_back(std::move(outcome));
  return true;
}

bool SlowWorker::run_errand() {
  std::unique_lock lock(mutex_);
  const auto [errand, config] = std::move(errands_.front());
  errands_.pop_front();
  lock.unlock();
  ErrandOutcome outcome{errand, ErrandResult::failed, {}};
  try {
    outcome = jobs_.run_errand(errand, config);
  } catch (const std::exception& e) {
    outcome.text = e.what();
  }
  lock.lock();
  errand_outcomes_.push_back(std::move(outcome));
  return true;
}

bool SlowWorker::test() {
  std::vector<serve::SelfTestStep> steps;
  try {
    steps = jobs_.self_test();
  } catch (const std::exception& e) {
    steps = {{"self_test", false, e.what()}};
  }
  std::function<void(std::vector<serve::SelfTestStep>)> done;
  {
    const std::lock_guard lock(mutex_);
    done = std::exchange(test_done_, nullptr);
  }
  done(std::move(steps));
  return true;
}

bool SlowWorker::do_posted() {
  std::function<void()> work;
  {
    const std::lock_guard lock(mutex_);
    work = std::move(posted_.front());
    posted_.pop_front();
  }
  work();
  return false;
}

/// What to do next, by what is waited for most; empty when there is nothing. What was posted is
/// done before a stop, the rest is not.
SlowWorker::Work SlowWorker::pick() {
  if (!stopping_) {
    if (!tier_requests_.empty()) return [this] { return set_tiers(); };
    if (!errands_.empty()) return [this] { return run_errand(); };
    if (hardware_wanted_) return [this] { return read_hardware(); };
    if (question_) return [this] { return ask_models(); };
    if (!runners_.empty()) return [this] { return ask_runner(); };
    if (test_done_) return [this] { return test(); };
  }
  if (!posted_.empty()) return [this] { return do_posted(); };
  return nullptr;
}

/// Empty when it is time to stop.
SlowWorker::Work SlowWorker::next() {
  std::unique_lock lock(mutex_);
  Work work;
  changed_.wait(lock, [&] {
    work = pick();
    return work || stopping_;
  });
  return work;
}

void SlowWorker::run() {
  while (const Work work = next()) {
    bool news = true;
    try {
      news = work();
    } catch (const std::exception& e) {
      log_error("slow thread: {}", e.what());
    }
    if (news) wake_();
  }
}

}  // namespace m1opt::app
