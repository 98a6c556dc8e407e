// A number that goes from a target to a stranger, forced at every step of an act and of its undo.
#include "base/fault.h"

#ifdef M1OPT_FAULT_POINTS

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "act/linux/reuse_target.h"
#include "act/proofs.h"
#include "act/recovery.h"
#include "pid_namespace.h"
#include "support/catch.h"
#include "support/executor_rig.h"

namespace m1opt::test {

namespace {

using namespace m1opt::model;

enum class Undoer { daemon, recovery, guardian };
enum class Part { act, undo };
/// Whose number is reused: the process's (and so its main thread's), or another thread's.
enum class Whose { process, thread };

struct Case {
  ActionKind kind{};
  Undoer undoer{};
  Part part{};
  Whose whose{};
  Looks looks{};
  int step{0};        ///< of the daemon or recovery: the so manyth point of that part
  std::string point;  ///< of the guardian: "NAME#N"
};

struct Tally {
  int reuses{0};
  std::string wrong;
};

bool is_deep() {
  const char* deep = std::getenv("M1OPT_DEEP");
  return deep != nullptr && std::string(deep) == "1";
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The guardian's points as "NAME#N", from the log of fault points.
std::vector<std::string> guardian_points(const std::string& log, std::size_t from) {
  std::vector<std::string> points;
  const auto lines = lines_of(log);
  for (std::size_t i = from; i < lines.size(); ++i) {
    std::istringstream words(lines[i]);
    std::string role;
    std::string name;
    std::string count;
    words >> role >> name >> count;
    if (role == "guardian") points.push_back(name + "#" + count);
  }
  return points;
}

/// A rig whose guardian writes down its points and waits at one of them, if told to.
class PausingRig {
 public:
  explicit PausingRig(const std::string& point) {
    ::setenv("M1OPT_FAULT_LOG", log().c_str(), 1);
    ::setenv("M1OPT_FAULT", point.empty() ? "" : ("guardian:" + point + "=pause").c_str(), 1);
    rig_.emplace();
    for (const char* name : {"M1OPT_FAULT_LOG", "M1OPT_FAULT"}) ::unsetenv(name);
  }
  [[nodiscard]] std::string log() const { return directory_ / "points"; }
  [[nodiscard]] bool waits_at(const std::string& point) const {
    const auto reached = guardian_points(log(), 0);
    return std::find(reached.begin(), reached.end(), point) != reached.end();
  }
  void go_on() const { std::ofstream(log() + ".go") << "go\n"; }
  ExecutorRig& rig() { return *rig_; }

 private:
  TempDir directory_;
  std::optional<ExecutorRig> rig_;
};

bool is_closed(ExecutorRig& rig) {
  return eventually([&] { return rig.journal_.open_records().value().empty(); });
}

void undo(ExecutorRig& rig, RecordId record, Undoer undoer) {
  if (undoer == Undoer::daemon) {
    rig.end(record);
    return;
  }
  // Daemon and guardian have died; what is left is the journal.
  rig.guardian_.kill();
  auto journal = journal::UndoJournal::open(rig.directory_ / "undo.db").value();
  (void)act::recover(journal, *rig.control_, *rig.table_, rig.boot_, rig.clock_.now(),
                     rig.directory_.path(), false);
  base::fault_hook({});
  rig.executor_.release_all("the next test");
  rig.guardian_.start().value();
}

std::string text_of(const Case& forced) {
  constexpr const char* kUndoers[] = {"daemon", "recovery", "guardian"};
  return std::string(boost::describe::enum_to_string(forced.kind, "?")) +
         (forced.part == Part::act ? ", act" : ", undo") + " by the " +
         kUndoers[static_cast<int>(forced.undoer)] + " at " + forced.point + " (" +
         std::to_string(forced.step) + "), " +
         (forced.whose == Whose::thread ? "a thread's" : "the process's") + " number, stranger " +
         name_of(forced.looks);
}

void check(ExecutorRig& rig, const Case& forced, const Target& target, const Stranger& stranger,
           Tally& tally) {
  const auto fail = [&](const std::string& what) {
    tally.wrong += text_of(forced) + ": " + what + "\n";
  };
  const bool thread = forced.whose == Whose::thread;
  const Values now = values_of(thread ? target.thread() : target.pid());
  if (now != stranger.own()) {
    fail("the stranger was " + text_of(stranger.own()) + "; is " + text_of(now));
  }
  if (thread && values_of(target.pid()) != target.own()) {
    fail("the target was " + text_of(target.own()) + "; is " + text_of(values_of(target.pid())));
  }
  if (!rig.journal_.open_records().value().empty()) fail("the journal has an open record");
}

/// The points that one part of a hold of this kind goes through, in order.
std::vector<std::string> points_of(ActionKind kind, Undoer undoer, Part part) {
  const Target target;
  if (undoer == Undoer::guardian) {
    PausingRig pausing("");
    const auto held = pausing.rig().hold(kind, target.child());
    const auto before = lines_of(pausing.log()).size();
    pausing.rig().guardian_.drop();
    if (held.record == 0 || !is_closed(pausing.rig())) return {};
    return guardian_points(pausing.log(), before);
  }
  ExecutorRig rig;
  std::vector<std::string> points;
  const auto note = [&](const char* point) { points.emplace_back(point); };
  if (part == Part::act) base::fault_hook(note);
  const auto held = rig.hold(kind, target.child());
  base::fault_hook({});
  if (part == Part::undo) base::fault_hook(note);
  undo(rig, held.record, undoer);
  base::fault_hook({});
  return points;
}

void force(ExecutorRig& rig, const Case& forced, Tally& tally) {
  Target target;
  std::optional<Stranger> stranger;
  int step = 0;
  const auto reuse = [&](const char* point) {
    if (step++ != forced.step) return;
    const bool thread = forced.whose == Whose::thread;
    thread ? target.end_thread() : target.end();
    // Between the last look and the call nobody can know what a stranger has made of itself, so
    // there it has what it was born with.
    stranger.emplace(thread ? target.thread() : target.pid(), forced.looks,
                     std::string(point) == "call.before");
    ++tally.reuses;
  };
  if (forced.part == Part::act) base::fault_hook(reuse);
  const auto held = rig.hold(forced.kind, target.child());
  base::fault_hook({});
  if (forced.part == Part::undo) base::fault_hook(reuse);
  undo(rig, held.record, forced.undoer);
  base::fault_hook({});
  if (!stranger) {
    tally.wrong += text_of(forced) + ": this step was not reached\n";
    return;
  }
  check(rig, forced, target, *stranger, tally);
  if (!rig.executor_.open_records().empty()) tally.wrong += text_of(forced) + ": it is held still\n";
}

void force_on_guardian(const Case& forced, Tally& tally) {
  Target target;
  PausingRig pausing(forced.point);
  auto& rig = pausing.rig();
  rig.hold(forced.kind, target.child());
  rig.guardian_.drop();  // what the guardian sees when the daemon dies
  if (!eventually([&] { return pausing.waits_at(forced.point); })) {
    tally.wrong += text_of(forced) + ": this step was not reached\n";
    return;
  }
  const bool thread = forced.whose == Whose::thread;
  thread ? target.end_thread() : target.end();
  const Stranger stranger(thread ? target.thread() : target.pid(), forced.looks,
                          forced.point.starts_with("call.before"));
  ++tally.reuses;
  pausing.go_on();
  (void)is_closed(rig);
  check(rig, forced, target, stranger, tally);
}

/// Every `stride`th of all forced reuses of one kind, whoever undoes it.
Tally force_all(const Proof& proof, int stride) {
  Tally tally;
  int number = 0;
  ExecutorRig rig;
  for (const auto& [undoer, part] :
       {std::pair{Undoer::daemon, Part::act}, std::pair{Undoer::daemon, Part::undo},
        std::pair{Undoer::recovery, Part::undo}, std::pair{Undoer::guardian, Part::undo}}) {
    const auto points = points_of(proof.kind, undoer, part);
    if (points.empty()) tally.wrong += "no points of one part\n";
    for (const Whose whose : {Whose::process, Whose::thread}) {
      // A stopped process has no thread that ends by itself.
      if (whose == Whose::thread && !proof.per_thread) continue;
      for (std::size_t step = 0; step < points.size(); ++step) {
        for (const Looks looks : kAllLooks) {
          if (number++ % stride != 0) continue;
          const Case forced{proof.kind, undoer, part, whose, looks, static_cast<int>(step), points[step]};
          undoer == Undoer::guardian ? force_on_guardian(forced, tally) : force(rig, forced, tally);
        }
      }
    }
  }
  return tally;
}

}  // namespace

TEST_CASE("a number that is reused at any step of any action, by whomever undone, is left alone") {
  std::fflush(stdout);  // or the processes forked below print what is in it again
  constexpr int kStrideOfQuick = 20;  // no multiple of three, so that all looks are seen
  constexpr int kFewestOfDeep = 1000;
  int reuses = 0;
  int wrong = 0;
  for (const Proof& proof : kProofs) {
    if (proof.needs_priorities && !may_set_priorities()) {
      WARN("left out: priorities need CAP_SYS_NICE here");
      continue;
    }
    INFO(boost::describe::enum_to_string(proof.kind, "?"));
    const auto said = in_pid_namespace([&] {
      const Tally tally = force_all(proof, is_deep() ? 1 : kStrideOfQuick);
      return std::to_string(tally.reuses) + "\n" + tally.wrong;
    });
    if (!said) {
      WARN("left out: a PID namespace needs CAP_SYS_ADMIN");
      return;
    }
    const int done = std::atoi(said->c_str());
    CHECK(*said == std::to_string(done) + "\n");
    wrong += *said == std::to_string(done) + "\n" ? 0 : 1;
    CHECK(done > 0);
    reuses += done;
  }
  if (is_deep() && may_set_priorities()) CHECK(reuses >= kFewestOfDeep);
  if (wrong == 0) std::printf("figure: %d forced reuses of a number, 0 strangers touched\n", reuses);
}

}  // namespace m1opt::test

#endif
