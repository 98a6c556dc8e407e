#include "app/keep_awake.h"

#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;
using namespace std::chrono_literals;
using app::KeepAwake;
using decide::AwakeWish;

namespace {

/// A system that answers as it is told.
class ScriptedBlocker final : public platform::SleepBlocker {
 public:
  Capability probe() override { return {"keep_awake", true, ""}; }
  Result<void> hold(Duration at_most, const std::string& reason) override {
    ++asked;
    time_asked_for = at_most;
    public_reason = reason;
    if (refusal) return *refusal;
    answered ? block.held = true : block.waiting = true;
    return {};
  }
  platform::SleepBlock check() override {
    auto seen = block;
    block.fault.reset();
    return seen;
  }
  Result<void> release() override {
    ++released;
    block = {};
    if (stuck) return Error{Errc::io, 0, "IOPMAssertionRelease: 7"};
    return {};
  }
  void answer() {
    block.waiting = false;
    block.held = true;
  }
  void end(const std::string& why, bool still_held = false) {
    block = {still_held, false, Error{Errc::io, 0, why}};
  }

  platform::SleepBlock block;
  std::optional<Error> refusal;
  bool answered{true};  ///< at once, as macOS does
  bool stuck{false};
  int asked{0};
  int released{0};
  Duration time_asked_for{};
  std::string public_reason;
};

const AwakeWish kBusy{true, "ollama is busy: 42 % of a core"};
const AwakeWish kQuiet{false, "no workload was busy in the last 2 min"};

struct Rig {
  ScriptedBlocker blocker;
  KeepAwake awake{blocker};
  Instant now{1h};
  std::vector<decide::Reason> reasons;

  void follow(const AwakeWish& wish) {
    for (auto& reason : awake.follow(wish, now)) reasons.push_back(std::move(reason));
  }
  /// A tick a second.
  void run(const AwakeWish& wish, Duration d) {
    for (const Instant end = now + d; now < end; now = now + 1s) follow(wish);
  }
  [[nodiscard]] AwakeStatus status() const { return awake.status(now); }
  [[nodiscard]] std::string last() const {
    return reasons.empty() ? "" : reasons.back().text;
  }
};

}  // namespace

TEST_CASE("a wish is carried out, told once, and ended with it") {
  Rig rig;
  rig.follow(kQuiet);
  CHECK(rig.blocker.asked == 0);
  rig.run(kBusy, 60s);
  CHECK(rig.blocker.asked == 1);
  CHECK(rig.blocker.time_asked_for == 5min);
  REQUIRE(rig.reasons.size() == 1);
  CHECK(rig.reasons[0].kind == EventKind::awake);
  CHECK(rig.reasons[0].severity == Severity::info);
  CHECK(rig.last() == "the machine is kept from falling asleep by itself: ollama is busy: 42 % of a core");
  CHECK(rig.status().held);
  CHECK(rig.status().wanted);
  CHECK(rig.status().since_instant == Instant{1h});
  CHECK(rig.status().remaining == 4min);
  CHECK(rig.status().reason == kBusy.text);
  CHECK_FALSE(rig.status().problem);
  rig.follow(kQuiet);
  CHECK(rig.blocker.released == 1);
  CHECK(rig.reasons.size() == 2);
  CHECK(rig.last() == "the machine may fall asleep again: " + kQuiet.text);
  CHECK_FALSE(rig.status().held);
  CHECK_FALSE(rig.status().remaining);
  CHECK(rig.status().reason == kQuiet.text);
}

TEST_CASE("it is renewed at half of its time, for as long as the wish lasts") {
  Rig rig;
  rig.run(kBusy, 149s);
  CHECK(rig.blocker.asked == 1);
  rig.run(kBusy, 2s);
  CHECK(rig.blocker.asked == 2);
  Duration least = 1h;
  for (int i = 0; i < 3600; ++i) {
    rig.run(kBusy, 1s);
    least = std::min(least, *rig.status().remaining);
  }
  CHECK(rig.blocker.asked == 26);
  CHECK(least >= 149s);
  CHECK(rig.reasons.size() == 1);
  CHECK(rig.blocker.released == 0);
}

TEST_CASE("nothing is said to be held before it was answered") {
  Rig rig;
  rig.blocker.answered = false;
  rig.run(kBusy, 5s);
  CHECK_FALSE(rig.status().held);
  CHECK(rig.status().wanted);
  CHECK(rig.blocker.asked == 1);
  CHECK(rig.reasons.empty());
  rig.blocker.answer();
  rig.follow(kBusy);
  CHECK(rig.status().held);
  // Its time counts from the question.
  CHECK(rig.status().remaining == 5min - 5s);
}

TEST_CASE("without an answer within 10 s the question is taken back and asked again later") {
  Rig rig;
  rig.blocker.answered = false;
  rig.run(kBusy, 11s);
  CHECK(rig.blocker.released == 1);
  CHECK(rig.status().problem == "no answer within 10 s");
  CHECK(rig.last() == "the machine cannot be kept awake: no answer within 10 s");
  rig.run(kBusy, 55s);
  CHECK(rig.blocker.asked == 1);
  rig.run(kBusy, 6s);
  CHECK(rig.blocker.asked == 2);
}

TEST_CASE("what was given up and answers later is released with the wish") {
  Rig rig;
  rig.run(kBusy, 100s);
  rig.blocker.answered = false;
  rig.run(kBusy, 201s);
  CHECK_FALSE(rig.status().held);
  rig.blocker.answer();
  rig.follow(kQuiet);
  CHECK(rig.blocker.released == 1);
  rig.follow(kQuiet);
  CHECK(rig.blocker.released == 1);
}

TEST_CASE("a failure is told once, and tried again after 60 s, 120 s, up to an hour") {
  Rig rig;
  rig.blocker.refusal = Error{Errc::io, 0, "Access denied"};
  std::vector<Duration> tries;
  for (int tries_before = 0; rig.now < Instant{7h}; tries_before = rig.blocker.asked) {
    rig.run(kBusy, 1s);
    if (rig.blocker.asked > tries_before) tries.push_back(rig.now - Instant{1h});
  }
  REQUIRE(tries.size() >= 9);
  CHECK(tries[1] - tries[0] == 60s);
  CHECK(tries[2] - tries[1] == 120s);
  CHECK(tries[6] - tries[5] == 32min);
  CHECK(tries[7] - tries[6] == 1h);
  CHECK(tries[8] - tries[7] == 1h);
  REQUIRE(rig.reasons.size() == 1);
  CHECK(rig.reasons[0].severity == Severity::warning);
  CHECK(rig.status().problem == "Access denied");
  CHECK(rig.blocker.released == 0);
  // It is remembered when the workload rests, and neither tried nor told anew too early.
  rig.follow(kQuiet);
  CHECK(rig.status().problem == "Access denied");
  const int before = rig.blocker.asked;
  rig.run(kBusy, 60s);
  CHECK(rig.blocker.asked == before);
  rig.blocker.refusal.reset();
  rig.run(kBusy, 1h);
  CHECK(rig.status().held);
  CHECK_FALSE(rig.status().problem);
  CHECK(rig.reasons.size() == 2);
}

TEST_CASE("a system that has no such thing is no warning") {
  Rig rig;
  rig.blocker.refusal = Error{Errc::unsupported, 0, "there is no systemd-inhibit"};
  rig.follow(kBusy);
  REQUIRE(rig.reasons.size() == 1);
  CHECK(rig.reasons[0].severity == Severity::info);
  CHECK(rig.status().unsupported);
}

TEST_CASE("a renewal that fails leaves what is held until its time is over") {
  Rig rig;
  rig.run(kBusy, 100s);
  rig.blocker.refusal = Error{Errc::io, 0, "powerd is gone"};
  rig.run(kBusy, 199s);
  CHECK(rig.status().held);
  CHECK(rig.status().problem == "powerd is gone");
  CHECK(rig.last() == "the machine cannot be kept awake: powerd is gone");
  CHECK(rig.blocker.asked == 3);
  rig.run(kBusy, 2s);
  CHECK_FALSE(rig.status().held);
  CHECK(rig.last() == "the machine may fall asleep again: it was not renewed in time");
  CHECK(rig.reasons.back().severity == Severity::warning);
}

TEST_CASE("what ends before its time is told and had again after a while") {
  Rig rig;
  rig.run(kBusy, 100s);
  rig.blocker.end("systemd-inhibit was ended by signal 9");
  rig.follow(kBusy);
  CHECK_FALSE(rig.status().held);
  REQUIRE(rig.reasons.size() == 3);
  CHECK(rig.reasons[1].text == "the machine may fall asleep again: systemd-inhibit was ended by signal 9");
  CHECK(rig.reasons[2].text == "the machine cannot be kept awake: systemd-inhibit was ended by signal 9");
  CHECK(rig.blocker.asked == 1);
  rig.run(kBusy, 61s);
  CHECK(rig.blocker.asked == 2);
  CHECK(rig.status().held);
}

TEST_CASE("after a daemon that hung what ran out is had again at once") {
  Rig rig;
  rig.run(kBusy, 10s);
  rig.now = rig.now + 20min;
  rig.blocker.end("timeout ended with status 124");
  rig.follow(kBusy);
  CHECK(rig.blocker.asked == 2);
  CHECK(rig.status().held);
  CHECK_FALSE(rig.status().problem);
  REQUIRE(rig.reasons.size() == 3);
  CHECK(rig.reasons[1].text == "the machine may fall asleep again: it was not renewed in time");
}

TEST_CASE("what could not be released is said, with the time it still lasts") {
  Rig rig;
  rig.follow(kBusy);
  rig.blocker.stuck = true;
  rig.follow(kQuiet);
  CHECK(rig.last().find("IOPMAssertionRelease: 7, so in 5 min at the latest") != std::string::npos);
  CHECK(rig.reasons.back().severity == Severity::warning);
}

TEST_CASE("a release holds until the next wish, and the end of the object releases") {
  ScriptedBlocker blocker;
  {
    KeepAwake awake(blocker);
    CHECK(awake.release("the machine goes to sleep").empty());
    CHECK(awake.follow(kBusy, Instant{1h}).size() == 1);
    const auto told = awake.release("the machine goes to sleep");
    REQUIRE(told.size() == 1);
    CHECK(told[0].text == "the machine may fall asleep again: the machine goes to sleep");
    CHECK(blocker.released == 1);
    CHECK_FALSE(awake.status(Instant{1h}).held);
    CHECK(awake.status(Instant{1h}).reason == "the machine goes to sleep");
    CHECK(awake.follow(kBusy, Instant{2h}).size() == 1);
    CHECK(blocker.block.held);
  }
  CHECK_FALSE(blocker.block.held);
}

TEST_CASE("where nothing may be changed no wish is carried out, and the text says what would have been") {
  CHECK(app::unless_inert(kBusy, Mode::active, {}) == kBusy);
  CHECK(app::unless_inert(kQuiet, Mode::dry_run, {}) == kQuiet);
  CHECK(app::unless_inert(kBusy, Mode::dry_run, {}) ==
        AwakeWish{false, "nothing is changed (dry_run), or it would be kept awake: " + kBusy.text});
  CHECK_FALSE(app::unless_inert(kBusy, Mode::sysroot, {}).wanted);
  CHECK(app::unless_inert(kBusy, Mode::active, app::Obstacle{"the journal is full", ""}).text.find("journal is full") != std::string::npos);
}

TEST_CASE("what others may read names no model and no process") {
  Rig rig;
  rig.follow({true, "ollama is busy: the expiry of secret:7b moved"});
  CHECK(rig.blocker.public_reason == "a local LLM works (m1optctl status tells which)");
}
