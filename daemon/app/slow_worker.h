#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "model/config.h"
#include "sense/sampler.h"
#include "serve/backend.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// The thread for what may take long: asking Ollama, the self-test.
class SlowWorker {
 public:
  SlowWorker(const Clock& clock, std::function<void()> wake);
  ~SlowWorker();

  void start();
  void stop();

  /// Control thread: asks Ollama once, unless it is being asked.
  void ask_ollama(const OllamaConfig& config);
  std::optional<sense::ModelReport> take_report();
  bool self_test(std::function<void(std::vector<serve::SelfTestStep>)> done);

 private:
  void run();
  sense::ModelReport ask(const OllamaConfig& config);

  const Clock& clock_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_{false};
  std::optional<OllamaConfig> question_;
  bool asking_{false};
  std::optional<sense::ModelReport> report_;
  std::function<void(std::vector<serve::SelfTestStep>)> test_done_;
  std::thread thread_;
};

}  // namespace m1opt::app
