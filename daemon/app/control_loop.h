#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "app/board.h"
#include "app/config_store.h"
#include "app/config_watch.h"
#include "app/console_watch.h"
#include "app/event_log.h"
#include "app/exit_watches.h"
#include "app/journal_keeper.h"
#include "app/keep_awake.h"
#include "app/own_cost.h"
#include "app/poller.h"
#include "app/run_history.h"
#include "app/service_watchdog.h"
#include "app/slow_worker.h"
#include "app/status.h"
#include "app/tick_observer.h"
#include "decide/policy.h"
#include "sense/sampler.h"
#include "sense/slots.h"

namespace m1opt::app {

/// The control thread: one tick is sense, decide, act, publish. Everything that
/// happens elsewhere only wakes it.
class ControlLoop {
 public:
  struct Parts {
    const Clock& clock;
    sense::Sampler& sampler;
    platform::ProcessTable& processes;
    act::Executor& executor;
    act::GuardianLink& guardian;
    JournalKeeper& keeper;
    ConfigStore& config;
    Board& board;
    EventLog& events;
    SlowWorker& slow;
    platform::SleepBlocker& blocker;
    std::unique_ptr<platform::SleepWatch> sleep;  ///< null: this system tells nobody
    BootId boot;
    MachineReading machine;
    std::vector<Problem> machine_problems;
    std::vector<Capability> capabilities;
    WallTime started;
    Mode own_mode{Mode::active};
    decide::SafeState safe;
    RunMark* run_mark{nullptr};  ///< null: nobody counts the runs
    std::vector<TickObserver*> observers{};
    ServiceWatchdog watchdog{};
    ConsoleWatch console{};
  };

  explicit ControlLoop(Parts parts);

  /// Until SIGTERM or SIGINT. Everything is undone before it returns; false when
  /// something could not be.
  bool run();
  void tick();

 private:
  void wait();
  void beat();
  void on_signal();
  void on_sleep_event();
  void check_console();
  void check_journal();
  void check_guardian();
  void start_guardian();
  void reload();
  void follow_config();
  void use_profiles(const std::vector<Command>& commands);
  void note_config(const Result<void>& loaded, const Config& before);
  void note_fans(const HardwareReading& reading);
  void check_run_mark();
  void check_group();
  void restore_pause();
  void keep_pause();
  void watch_exits();
  void note_servers(const Sample& sample);
  void watch_pressure();
  void note_reaction();
  void tell_sampler();
  void ask_servers();
  void publish(decide::Decision&& decision, const Sample& sample);
  void report(const std::vector<decide::Reason>& reasons);
  void report(EventKind kind, Severity severity, const std::string& text);
  void note_outcomes(std::vector<Outcome> outcomes);
  bool stop();

  Parts parts_;
  Poller poller_;
  decide::State state_;
  decide::PauseState kept_pause_;
  std::vector<Outcome> outcomes_;
  Instant due_;
  bool timed_{false};        ///< the last wait ended because the tick was due
  bool stopping_{false};
  std::optional<Instant> guardian_retry_;
  bool guardian_died_young_{false};  ///< the last one, within the time that a retry waits
  std::string guardian_fault_;  ///< why the last one could not be started; empty: it could
  std::optional<Instant> last_question_;
  std::optional<Instant> last_hardware_;
  OwnCost cost_;
  std::optional<OwnCostReading> own_;  ///< for the next sample
  std::vector<CommandReply> replies_;  ///< to commands that app/ carries out
  SelfStatus self_;
  GuardianStatus guardian_status_;
  std::vector<platform::EventWatch> pressure_;
  std::optional<Percent> some_stall_;  ///< proven by events since the last tick
  std::optional<Percent> full_stall_;
  platform::EventWatch thermal_;
  KeepAwake awake_;
  ExitWatches exits_;
  ConfigWatch config_watch_;
  std::optional<Instant> pressure_event_;  ///< since the last tick
  bool ollama_present_{false};
  std::vector<sense::RunnerServer> runners_;  ///< of the last sample
  bool fans_counted_{false};
};

}  // namespace m1opt::app
