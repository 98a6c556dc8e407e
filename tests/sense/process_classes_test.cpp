#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "sense/process_tracker.h"
#include "sense/scripted_table.h"
#include "support/catch.h"

namespace m1opt::sense {

namespace {

using test::ScriptedTable;

constexpr std::uint32_t kTrackerUser = 1000;

/// Random forks, execs, ends and reuses of numbers, with the true class of each
/// process, and since when it holds.
class History {
 public:
  History(unsigned seed, bool rich)
      : table_(rich), random_(seed), tracker_(table_, kTrackerUser, [](std::uint32_t, const WorkloadConfig*) {
          return false;
        }) {
    const auto config = test::sense_config();
    tracker_.configure(config.workloads, config.targets);
    table_.start(1, 0, "/usr/lib/systemd/systemd", {}, 0);
    for (int i = 0; i < 40; ++i) fork();
  }

  void step() {
    const int events = pick(6);
    for (int i = 0; i < events; ++i) {
      switch (pick(4)) {
        case 0: fork(); break;
        case 1: exec(); break;
        case 2: end(); break;
        case 3: reuse(); break;
      }
    }
    ++tick_;
    REQUIRE(tracker_.update());
    check();
  }

 private:
  struct Truth {
    int workload{-1};
    bool target{false};
    bool by_known_parent{false};
    bool sticky{false};  ///< orphaned: stays what it was, if the tracker ever knew
    ProcessId id;

    bool operator==(const Truth&) const = default;
  };

  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::int32_t any() {
    auto at = table_.processes.begin();
    std::advance(at, pick(static_cast<int>(table_.processes.size())));
    return at->first;
  }

  void fork() {
    const auto parent = any();
    const auto pid = next_pid_++;
    table_.fork(pid, parent);
  }

  void exec() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> programs{
        {"/usr/bin/ollama", {"ollama", "serve"}},
        {"/usr/bin/ollama", {"ollama", "run", "x"}},
        {"/usr/bin/cat", {"cat"}},
        {"/usr/bin/cat", {"cat"}},
        {"/usr/bin/photoanalysisd", {}},
        {"/usr/bin/llama-server", {}},
        {"/usr/bin/python3", {"python3", "a.py"}},
        {"/usr/bin/python3", {"python3", "-m", "mlx_lm.server"}}};
    const auto pid = any();
    if (pid == 1) return;
    const auto& [path, arguments] =
        programs[static_cast<std::size_t>(pick(static_cast<int>(programs.size())))];
    table_.exec(pid, path, arguments);
  }

  void end() {
    const auto pid = any();
    if (pid == 1 || table_.processes.size() < 20) return;
    for (const auto& [other, process] : table_.processes) {
      if (process.info.parent == pid) orphans_.insert(process.info.id);
    }
    table_.end(pid);
  }

  /// A process ends and its number goes to a new one within one tick.
  void reuse() {
    const auto pid = any();
    if (pid == 1) return;
    for (const auto& [other, process] : table_.processes) {
      if (process.info.parent == pid) orphans_.insert(process.info.id);
    }
    table_.end(pid);
    table_.fork(pid, any());
  }

  int direct(const test::ScriptedProcess& process) {
    const auto config = test::sense_config();
    for (std::size_t i = 0; i < config.workloads.size(); ++i) {
      const auto& row = config.workloads[i];
      if (matches_any_executable(row.executables, process.path) &&
          (row.arguments.empty() || matches_arguments(row.arguments, process.arguments))) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  /// The truth about a process; `tainted` when an orphan is in its line, whose
  /// class depends on what was seen of its parent.
  int workload_of(std::int32_t pid, bool& tainted) {
    const auto& process = table_.processes.at(pid);
    if (orphans_.count(process.info.id) != 0) tainted = true;
    int inherited = -1;
    if (process.info.parent != 0 && table_.processes.count(process.info.parent) != 0) {
      inherited = workload_of(process.info.parent, tainted);
    }
    return inherited >= 0 ? inherited : direct(process);
  }

  void check() {
    std::map<std::int32_t, std::pair<Truth, int>> now;
    for (const auto& [pid, process] : table_.processes) {
      Truth truth;
      truth.workload = workload_of(pid, truth.sticky);
      truth.target = process.path == "/usr/bin/photoanalysisd";
      truth.id = process.info.id;
      const auto parent = table_.processes.find(process.info.parent);
      if (parent != table_.processes.end()) {
        bool ignored = false;
        const bool parent_is_target = parent->second.path == "/usr/bin/photoanalysisd";
        truth.by_known_parent = parent_is_target || workload_of(parent->first, ignored) >= 0;
      }
      const auto before = truths_.find(pid);
      const bool same = before != truths_.end() && before->second.first == truth;
      now[pid] = {truth, same ? before->second.second : tick_};
    }
    truths_ = std::move(now);
    for (const auto& [pid, entry] : truths_) check_one(pid, entry.first, tick_ - entry.second + 1);
  }

  /// For how long the parent's own class has held, itself included.
  int steady_for(std::int32_t pid) {
    int least = tick_ + 1;
    for (int depth = 0; depth < 64 && truths_.count(pid) != 0; ++depth) {
      least = std::min(least, tick_ - truths_.at(pid).second + 1);
      pid = table_.processes.at(pid).info.parent;
    }
    return least;
  }

  void check_one(std::int32_t pid, const Truth& truth, int age) {
    // Child of a known process: 2 ticks after it became what it is, provided
    // its line was known by then; any other process: 12 ticks.
    const int line = steady_for(table_.processes.at(pid).info.parent);
    const bool due = truth.by_known_parent ? age >= 2 && line >= 13 : steady_for(pid) >= 12;
    if (!due || truth.sticky) return;
    const auto found = tracker_.tracked().find(pid);
    const int workload = found == tracker_.tracked().end() ? -1 : found->second.workload;
    const bool target =
        found != tracker_.tracked().end() && found->second.match == TargetMatch::matched;
    INFO("tick " << tick_ << " pid " << pid << " " << table_.processes.at(pid).path);
    CHECK(workload == truth.workload);
    CHECK(target == truth.target);
    if (found != tracker_.tracked().end()) CHECK(found->second.info.id == truth.id);
    ++checked;
  }

  ScriptedTable table_;
  std::mt19937 random_;
  ProcessTracker tracker_;
  std::int32_t next_pid_{10};
  int tick_{0};
  std::set<ProcessId> orphans_;
  std::map<std::int32_t, std::pair<Truth, int>> truths_;

 public:
  int checked{0};
};

}  // namespace

TEST_CASE("any order of fork, exec and reuse is classified right in time") {
  int checked = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    History history(seed, true);
    for (int i = 0; i < 150; ++i) history.step();
    checked += history.checked;
  }
  CHECK(checked > 10000);
}

}  // namespace m1opt::sense
