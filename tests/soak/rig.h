#pragma once

#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "act/executor.h"
#include "app/control_loop.h"
#include "app/run_history.h"
#include "sim_machine.h"
#include "support/fake_clock.h"
#include "support/honest_blocker.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// The parts that die with the daemon, in the order they are made.
struct SimDaemon {
  SimDaemon(SimMachine& machine, const base::Clock& clock, app::JournalKeeper& keeper,
            app::ConfigStore& config, const std::string& directory, sense::SamplerOptions sensing,
            decide::SafeState safe);

  act::GuardianLink guardian;
  act::Executor executor;
  app::EventLog events;
  app::Board board;
  app::SlowWorker slow;
  sense::Sampler sampler;
  HonestBlocker blocker;
  app::ControlLoop loop;
  Instant started;
};

/// What the sensors show.
struct SimReadings {
  enum class Fault { none, missing, broken, throws, slow };
  PressureLevel level{};
  double used{40};
  double swap_rate{0};
  double swapped{0};
  int thermal{0};
  double busy{0};
  Duration cpu_busy{};
  Duration cpu_idle{};
  std::map<std::string, Fault> faults;  ///< by sensor
};

/// One machine in memory and the real control loop with its real sampler, policy, executor, journal
/// and recovery on it, under a fake clock; all else is chance, from one seed. The guardian's answers
/// come from a small process of its own; what a guardian undoes, the rig undoes with the same code.
class SoakRig {
 public:
  explicit SoakRig(unsigned seed);
  ~SoakRig();

  /// Time passes, things happen, one tick, and every invariant is looked at. False when one is broken.
  bool step();
  /// Everybody is left alone, then a pause: nothing may be left. False when something is.
  bool settle();
  [[nodiscard]] const std::string& broken() const { return broken_; }
  /// The last ticks, oldest first.
  [[nodiscard]] std::string tail() const;

  struct Counts {
    std::map<std::string, long> of;
    long& operator[](const std::string& what) { return of[what]; }
  } counts;

 private:
  friend struct AfterTick;

  // Chance (events.cpp)
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  template <class T>
  T one_of(const std::vector<T>& values) {
    return values[random_() % values.size()];
  }
  std::int32_t any_pid();
  void start_something();
  void change_processes();
  void others_interfere();
  void change_readings();
  void ask_for_something();
  void ask_for(CommandBody body);
  void change_config();
  void happen();
  void happen_within_a_call();

  // Life and death (rig.cpp)
  sense::SamplerOptions sensing();
  std::vector<Problem> read_sensor(const std::string& name, Sample& sample);
  void boot();
  void kill_daemon();
  void kill_guardian();
  void guardian_takes_over(bool overdue_only);
  [[nodiscard]] const SimProcess& server_of(const SimProcess& process) const;
  void servers_answer();
  void undo_as_guardian(const std::map<RecordId, UndoRecord>& records);
  void let_time_pass(Duration d);
  Duration next_span();
  void tick();
  void note(const std::string& text);

  std::mt19937 random_;
  TempDir directory_;
  FakeClock clock_;
  SimMachine machine_;
  SimReadings readings_;
  app::Options options_;
  app::JournalKeeper keeper_;
  journal::UndoJournal& journal_{keeper_.journal()};
  app::ConfigStore config_;
  std::optional<app::RunHistory> runs_{app::RunHistory{}};
  std::unique_ptr<SimDaemon> daemon_;

  // Of the tick being looked at
  std::shared_ptr<const Config> config_before_;
  Duration late_{};                     ///< how much later than planned it began
  std::map<RecordId, UndoRecord> open_before_;  ///< those that it found open
  bool quiet_{false};                   ///< nothing happens by chance
  bool trouble_{false};                 ///< a call failed or the world changed within this tick
  int trouble_ticks_{0};                ///< since when that may still show
  Instant trouble_at_;                  ///< what failed is tried again a second later
  std::map<std::uint64_t, int> waiting_;  ///< command -> ticks it has waited
  std::uint64_t asked_{0};
  std::deque<Instant> suspensions_;     ///< begun by rules in the last hour, since the daemon started

  std::map<ProcessId, bool> answers_;  ///< of servers: does a request run?
  long ticks_{0};
  std::deque<std::string> log_;
  std::ofstream whole_log_;             ///< M1OPT_SOAK_LOG: a file for every line of the last seed
  std::string broken_;
};

/// Empty when every invariant holds; else its sentence and what breaks it. See invariants.cpp.
std::string find_broken(SoakRig& rig);

}  // namespace m1opt::test
