#include "app/slow_worker.h"

#include "app/http_get.h"
#include "base/log.h"
#include "ollama/answers.h"
#include "platform/platform.h"

namespace m1opt::app {

namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

std::vector<serve::SelfTestStep> run_self_test() {
  std::vector<serve::SelfTestStep> steps;
  for (const Capability& capability : platform::probe_capabilities()) {
    steps.push_back({capability.name, capability.available, capability.text});
  }
  return steps;
}

}  // namespace

SlowWorker::SlowWorker(const Clock& clock, std::function<void()> wake)
    : clock_(clock), wake_(std::move(wake)) {}

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
  if (asking_ || question_) return;
  question_ = config;
  changed_.notify_all();
}

std::optional<sense::ModelReport> SlowWorker::take_report() {
  const std::lock_guard lock(mutex_);
  return std::exchange(report_, std::nullopt);
}

bool SlowWorker::self_test(std::function<void(std::vector<serve::SelfTestStep>)> done) {
  const std::lock_guard lock(mutex_);
  if (test_done_ || stopping_) return false;
  test_done_ = std::move(done);
  changed_.notify_all();
  return true;
}

sense::ModelReport SlowWorker::ask(const OllamaConfig& config) {
  sense::ModelReport report;
  report.workload = "ollama";
  auto body = http_get(config.host, config.port, "/api/ps", kPatience);
  report.taken = clock_.now();
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

void SlowWorker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || question_ || test_done_; });
    if (stopping_) return;
    try {
      if (question_) {
        const OllamaConfig config = *std::exchange(question_, std::nullopt);
        asking_ = true;
        lock.unlock();
        auto report = ask(config);
        lock.lock();
        asking_ = false;
        report_ = std::move(report);
      }
      if (test_done_) {
        lock.unlock();
        auto steps = run_self_test();
        lock.lock();
        auto done = std::exchange(test_done_, nullptr);
        lock.unlock();
        done(std::move(steps));
        lock.lock();
      }
    } catch (const std::exception& e) {
      if (!lock.owns_lock()) lock.lock();
      asking_ = false;
      log_error("slow thread: {}", e.what());
    }
    wake_();
  }
}

}  // namespace m1opt::app
