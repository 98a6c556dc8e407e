#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "app/slow_jobs.h"

namespace m1opt::app {

/// The thread for what may take long: asking Ollama, the SMC, the self-test,
/// tools of the system's, history on the disk. One thing at a time; what it learns is fetched.
class SlowWorker {
 public:
  /// `wake` is called on that thread when something is there to be fetched.
  SlowWorker(SlowJobs jobs, std::function<void()> wake);
  ~SlowWorker();

  void start();
  void stop();

  /// Control thread: asks Ollama once, unless it is being asked.
  void ask_ollama(const OllamaConfig& config);
  std::optional<sense::ModelReport> take_report();
  /// Control thread: asks each of them once, unless some are being asked.
  void ask_runners(const std::vector<sense::RunnerServer>& servers);
  std::vector<sense::RunnerReport> take_runner_reports();
  [[nodiscard]] bool has_hardware() const { return static_cast<bool>(jobs_.read_hardware); }
  /// Control thread: temperatures and fans once, unless they are being read. Only
  /// the first reading wakes: later ones are for the next sample.
  void ask_hardware();
  std::optional<sense::HardwareReport> take_hardware();
  void ask_tiers(const std::vector<TierRequest>& requests);
  /// Answers them as failed: nothing may be changed now.
  void refuse_tiers(const std::vector<TierRequest>& requests, const std::string& why);
  std::vector<TierOutcome> take_tier_outcomes();
  void run_errands(const std::vector<ErrandRequest>& errands, const OllamaConfig& config);
  /// Answers them as failed: nothing may be changed now.
  void refuse_errands(const std::vector<ErrandRequest>& errands, const std::string& why);
  std::vector<ErrandOutcome> take_errand_outcomes();
  /// False while one is asked for already.
  bool self_test(std::function<void(std::vector<serve::SelfTestStep>)> done);
  /// Any thread: work for the slow thread, done in order and after what the
  /// control thread waits for. What waits at the stop is still done. False: too much waits.
  bool post(std::function<void()> work);

 private:
  using Work = std::function<bool()>;  ///< is it worth a wake?

  void run();
  Work next();
  Work pick();
  bool ask_models();
  bool ask_runner();
  bool read_hardware();
  bool set_tiers();
  bool run_errand();
  bool test();
  bool do_posted();

  SlowJobs jobs_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_{false};
  std::optional<OllamaConfig> question_;  ///< until it is answered
  std::optional<sense::ModelReport> report_;
  std::deque<sense::RunnerServer> runners_;  ///< still to be asked; the first is being asked
  std::vector<sense::RunnerReport> runner_reports_;
  bool hardware_wanted_{false};  ///< until it is read
  bool hardware_known_{false};
  std::optional<sense::HardwareReport> hardware_;
  std::deque<TierRequest> tier_requests_;
  std::vector<TierOutcome> tier_outcomes_;
  std::deque<std::pair<ErrandRequest, OllamaConfig>> errands_;
  std::vector<ErrandOutcome> errand_outcomes_;
  std::function<void(std::vector<serve::SelfTestStep>)> test_done_;
  std::deque<std::function<void()>> posted_;
  std::thread thread_;
};

}  // namespace m1opt::app
