#include "app/control_loop.h"

#include <signal.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "app/signals.h"
#include "support/catch.h"
#include "support/executor_rig.h"
#include "support/fake_clock.h"
#include "support/honest_blocker.h"
#include "support/notify_socket.h"
#include "support/pipe.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;
using namespace std::chrono_literals;
using platform::SleepEvent;

namespace {

/// Plays a list of steps, one for each look; it is readable until the last.
class ScriptedSleep final : public platform::SleepWatch {
 public:
  using Step = std::function<std::optional<SleepEvent>()>;

  explicit ScriptedSleep(std::deque<Step> steps, std::function<void()> on_allow)
      : steps_(std::move(steps)), on_allow_(std::move(on_allow)) {
    std::array<int, 2> ends{};
    if (!test::open_pipe(ends)) throw std::runtime_error("pipe");
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
    if (::write(write_.get(), "s", 1) != 1) throw std::runtime_error("pipe");
  }
  [[nodiscard]] int fd() const override { return read_.get(); }
  std::optional<SleepEvent> next() override {
    if (steps_.empty()) return std::nullopt;
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    char byte = 0;
    if (steps_.empty() && ::read(read_.get(), &byte, 1) != 1) throw std::runtime_error("pipe");
    return step();
  }
  void allow() override { on_allow_(); }

 private:
  std::deque<Step> steps_;
  std::function<void()> on_allow_;
  Fd read_;
  Fd write_;
};

/// The machine's processes, but only one of them is listed.
class OneProcess final : public platform::ProcessTable {
 public:
  OneProcess(platform::ProcessTable& all, std::int32_t pid) : all_(all), pid_(pid) {}
  Result<std::vector<std::int32_t>> list() override { return std::vector<std::int32_t>{pid_}; }
  Result<ProcessInfo> stat(std::int32_t pid) override { return all_.stat(pid); }
  Result<std::string> executable(std::int32_t pid) override { return all_.executable(pid); }
  Result<std::uint32_t> owner(std::int32_t pid) override { return all_.owner(pid); }
  Result<std::vector<std::string>> arguments(std::int32_t pid) override { return all_.arguments(pid); }
  Result<Duration> waited(ProcessId process) override { return all_.waited(process); }

 private:
  platform::ProcessTable& all_;
  std::int32_t pid_;
};

sense::SamplerOptions counting_sampling(int& ticks, std::function<void()>& in_sensor) {
  sense::SamplerOptions options;
  const auto count = [&](Sample&) {
    ++ticks;
    if (in_sensor) in_sensor();
    return std::vector<Problem>{};
  };
  const auto look = [&](Sample&) {
    if (in_sensor) in_sensor();
    return std::vector<Problem>{};
  };
  options.sensors = {{"ticks", count}, {"last", look}};
  options.own_pid = ::getpid();
  options.own_uid = ::geteuid();
  options.is_administrator = [](std::uint32_t, const std::string&) { return false; };
  return options;
}

app::Options options_in(const test::TempDir& directory) {
  app::Options options;
  options.config = directory / "absent.json";
  options.state_directory = directory.path();
  return options;
}

/// The real loop with the real executor and guardian: one process is leased,
/// which keeps the machine awake, and one is suspended.
class LoopRig {
 public:
  LoopRig() {
    // The guardian has the real clock, and undoes what is past its deadline.
    clock.advance(SystemClock().now() - clock.now());
    app::catch_signals();
    config.load({}).value();
    REQUIRE(executor.hold(ActionKind::suspend, suspended).code == OutcomeCode::applied);
    REQUIRE(suspended.state() == 'T');
    REQUIRE(board.post({.id = 0, .uid = 0, .administrator = true,
                        .body = LeaseBeginCommand{leased.id(), "run:1"}},
                       [](const CommandReply&) {}));
  }
  ~LoopRig() { ::signal(SIGTERM, SIG_DFL); }
  LoopRig(const LoopRig&) = delete;
  LoopRig& operator=(const LoopRig&) = delete;

  /// After three ticks the steps; then SIGTERM.
  bool play(std::deque<ScriptedSleep::Step> steps) {
    for (int i = 0; i < 3; ++i) steps.push_front(quiet());
    steps.push_back([this] { return terminate(); });
    app::ControlLoop loop(
        parts(executor.guardian_,
              std::make_unique<ScriptedSleep>(std::move(steps), [this] { allowed(); })));
    return loop.run();
  }
  app::ControlLoop::Parts parts(act::GuardianLink& guardian,
                                std::unique_ptr<platform::SleepWatch> sleep = nullptr) {
    return {clock, sampler, processes, executor.executor_, guardian, keeper, config,
            board, events, slow, blocker, std::move(sleep), executor.boot_,
            {}, {}, {}, {}, Mode::active, {}};
  }
  static ScriptedSleep::Step quiet() {
    return [] { return std::nullopt; };
  }
  ScriptedSleep::Step sleep() {
    return [this] {
      CHECK(blocker.held);
      CHECK(suspended.state() == 'T');
      ticks_at_sleep = ticks;
      return SleepEvent::will_sleep;
    };
  }
  /// While the machine sleeps, `d` goes by.
  ScriptedSleep::Step asleep(Duration d) {
    return [this, d] {
      CHECK(ticks == ticks_at_sleep);
      CHECK_FALSE(blocker.held);
      clock.advance(d);
      return std::nullopt;
    };
  }
  std::optional<SleepEvent> terminate() {
    ::raise(SIGTERM);
    return std::nullopt;
  }
  void allowed() {
    ++allowances;
    CHECK_FALSE(blocker.held);
    CHECK(executor.executor_.open_records().empty());
    CHECK(suspended.state() != 'T');
  }
  [[nodiscard]] int told(const std::string& text) const {
    const auto all = events.after("", 1000);
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const Event& event) {
      return event.text.find(text) != std::string::npos;
    }));
  }

  test::FakeClock clock;
  test::ExecutorRig executor;
  test::ChildProcess leased;
  test::ChildProcess suspended;
  OneProcess processes{*executor.table_, leased.pid()};
  app::EventLog events{"e"};
  app::Board board{clock, events};
  app::SlowWorker slow{app::SlowJobs{}, [] {}};
  app::Options options = options_in(executor.directory_);
  app::ConfigStore config{options};
  app::JournalKeeper keeper{{options, executor.boot_, *executor.control_, *executor.table_, clock,
                             app::acquire_instance_lock(options.state_directory).value()}};
  test::HonestBlocker blocker;
  int ticks{0};
  int ticks_at_sleep{0};
  int allowances{0};
  std::function<void()> in_sensor;
  sense::Sampler sampler{counting_sampling(ticks, in_sensor), processes, clock};
};

}  // namespace

TEST_CASE("before the machine sleeps everything is let go, and it all begins again after") {
  LoopRig rig;
  const bool clean = rig.play({rig.sleep(), rig.quiet(), rig.asleep(10s), rig.asleep(10s),
                               [&] {
                                 CHECK(rig.ticks == rig.ticks_at_sleep);
                                 rig.clock.advance(8h);
                                 return SleepEvent::awake;
                               },
                               rig.quiet(),
                               [&] {
                                 CHECK(rig.ticks > rig.ticks_at_sleep);
                                 return std::nullopt;
                               },
                               [&] {
                                 CHECK(rig.blocker.held);  // the lease lasts
                                 return std::nullopt;
                               }});
  CHECK(clean);
  CHECK(rig.allowances == 1);
  CHECK(rig.told("kept from falling asleep by itself: run:1 is busy") == 2);
  CHECK(rig.told("may fall asleep again: the machine goes to sleep") == 1);
  CHECK_FALSE(rig.blocker.held);
}

TEST_CASE("a machine that was allowed to sleep and does not is watched again after 30 s") {
  LoopRig rig;
  CHECK(rig.play({rig.sleep(), rig.quiet(), rig.asleep(29s), rig.asleep(2s),
                  [&] {
                    CHECK(rig.ticks > rig.ticks_at_sleep);
                    return std::nullopt;
                  }}));
  CHECK(rig.allowances == 1);
}

TEST_CASE("a second will-sleep while it sleeps is allowed too, and begins nothing in between") {
  LoopRig rig;
  CHECK(rig.play({rig.sleep(), rig.quiet(), rig.asleep(1s),
                  [&] { return SleepEvent::will_sleep; }, rig.quiet(), rig.asleep(1s),
                  [&] { return SleepEvent::awake; }, rig.quiet()}));
  CHECK(rig.allowances == 2);
}

TEST_CASE("what is held is let go when another user is at the machine, and not for an owner who cannot be read") {
  LoopRig rig;
  int asked = 0;
  std::vector<char> states;
  auto parts = rig.parts(rig.executor.guardian_, std::make_unique<ScriptedSleep>(
      std::deque<ScriptedSleep::Step>(20, rig.quiet()), [] {}));
  parts.console = app::ConsoleWatch([&]() -> std::optional<std::uint32_t> {
    states.push_back(rig.suspended.state());
    if (++asked == 12) ::raise(SIGTERM);
    if (asked == 4) return std::nullopt;
    return asked < 9 ? 501U : 0U;
  });
  app::ControlLoop loop(std::move(parts));
  CHECK(loop.run());
  REQUIRE(states.size() >= 12);
  CHECK(std::count(states.begin(), states.begin() + 9, 'T') == 9);
  CHECK(std::count(states.begin() + 9, states.begin() + 12, 'T') == 0);
  CHECK(rig.told("another user is at the machine, or none") == 1);
}

TEST_CASE("SIGTERM ends the daemon while the machine sleeps") {
  LoopRig rig;
  CHECK(rig.play({rig.sleep(), rig.quiet()}));
  CHECK(rig.ticks == rig.ticks_at_sleep);
  CHECK_FALSE(rig.blocker.held);
}

TEST_CASE("SIGTERM lets the machine sleep and everything run") {
  LoopRig rig;
  CHECK(rig.play({[&] {
    CHECK(rig.blocker.held);
    return std::nullopt;
  }}));
  CHECK_FALSE(rig.blocker.held);
  CHECK(rig.suspended.state() != 'T');
  CHECK(rig.told("may fall asleep again: m1optd stops") == 1);
}

TEST_CASE("that there is no guardian is said once, however often one is tried") {
  LoopRig rig;
  act::GuardianLink absent({rig.executor.directory_ / "absent", rig.executor.directory_.path(), "-"});
  app::ControlLoop loop(rig.parts(absent));
  for (int i = 0; i < 10; ++i) {
    loop.tick();
    rig.clock.advance(6s);
  }
  CHECK(rig.told("no guardian") == 1);
}

TEST_CASE("a guardian that dies is replaced at once, but not when the next dies as soon as it has started") {
  LoopRig rig;
  const std::string program = rig.executor.directory_ / "flapping";
  // Says that it is ready, as a frame of one byte.
  std::ofstream(program) << "#!/bin/sh\nprintf 'Y\\001\\000\\000\\0000' >&3\nexec sleep 0.1\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  act::GuardianLink flapping({program, rig.executor.directory_.path(), "-"});
  app::ControlLoop loop(rig.parts(flapping));
  const auto ended = [&] {
    const auto info = rig.executor.table_->stat(flapping.status().pid);
    return !info || info->state == RunState::zombie;
  };
  for (int i = 0; i < 10; ++i) {
    loop.tick();
    CHECK(test::eventually(ended));
    rig.clock.advance(100ms);
  }
  CHECK(rig.told("guardian started") == 2);
  rig.clock.advance(5s);
  loop.tick();
  CHECK(rig.told("guardian started") == 3);
}

TEST_CASE("a guardian that is stopped is replaced even while nothing is held") {
  LoopRig rig;
  rig.executor.executor_.release_all("the test");
  app::ControlLoop loop(rig.parts(rig.executor.guardian_));
  loop.tick();
  const auto stopped = rig.executor.guardian_.status().pid;
  ::kill(stopped, SIGSTOP);
  CHECK(test::eventually([&] { return test::state_of(stopped) == 'T'; }));
  rig.clock.advance(6s);
  loop.tick();
  CHECK(rig.executor.guardian_.alive());
  CHECK(rig.executor.guardian_.status().pid != stopped);
  rig.executor.guardian_.kill();  // or it stays stopped for good
}

TEST_CASE("a service manager hears a beat in each tick, and between two sensors of which the first takes long") {
  LoopRig rig;
  test::NotifySocket manager(rig.executor.directory_ / "notify");
  auto parts = rig.parts(rig.executor.guardian_);
  parts.watchdog = app::ServiceWatchdog(manager.name().c_str(), "4000000", nullptr);
  app::ControlLoop loop(std::move(parts));
  loop.tick();
  CHECK(manager.take() == 1);
  std::vector<int> heard;
  rig.in_sensor = [&] {
    heard.push_back(manager.take());
    rig.clock.advance(2s);
  };
  rig.clock.advance(10s);
  loop.tick();
  CHECK(heard == std::vector<int>{1, 1});
}
