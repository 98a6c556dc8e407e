#include "act/executor.h"

#include <cerrno>

#include "darwin/mac_rig.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::FakeMac;
using m1opt::test::MacRig;

namespace {

constexpr std::array kKinds{ActionKind::background, ActionKind::suspend, ActionKind::raise};
constexpr const char* kPath = "/System/Library/PrivateFrameworks/photoanalysisd";

/// What the three kinds change.
struct Values {
  std::uint32_t flags{0};
  int nice{0};
  std::uint32_t status{test::kRuns};

  bool operator==(const Values&) const = default;
};

Values values_of(const FakeMac& mac, std::int32_t pid) {
  const auto& process = mac.processes.at(pid);
  return {process.flags, process.nice, process.status};
}

}  // namespace

TEST_CASE("on a Mac every action, done and undone, leaves every value as it was") {
  for (const auto kind : kKinds) {
    INFO(boost::describe::enum_to_string(kind, "?"));
    MacRig rig;
    const auto id = rig.mac_.start(812, 1, kPath);
    const auto before = values_of(rig.mac_, 812);
    const auto held = rig.hold(kind, id);
    INFO(held.text);
    REQUIRE(held.code == OutcomeCode::applied);
    CHECK(values_of(rig.mac_, 812) != before);
    CHECK(rig.journal_.open_records().value().size() == 1);
    const auto record = rig.executor_.open_records().at(held.record);
    CHECK(rig.end(held.record).code == OutcomeCode::undone);
    CHECK(values_of(rig.mac_, 812) == before);
    CHECK(rig.journal_.open_records().value().empty());
    rig.mac_.effects.clear();
    CHECK(is_over(rig.undo(record).code));
    CHECK(rig.mac_.effects.empty());
  }
}

TEST_CASE("the words of an outcome say what was done on a Mac") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  CHECK(rig.hold(ActionKind::background, id).text == "in background");
  rig.executor_.release_all("the test ends");
  rig.mac_.at(812).flags = test::kFlagBackground;
  CHECK(rig.hold(ActionKind::raise, id).text == "nice -10, out of background");
}

TEST_CASE("raising clears the background flag first, and undo sets it again last") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.at(812).flags = test::kFlagBackground;
  rig.mac_.at(812).nice = 5;
  const auto held = rig.hold(ActionKind::raise, id);
  REQUIRE(held.code == OutcomeCode::applied);
  CHECK(rig.mac_.at(812).priority() == 41);
  rig.end(held.record);
  CHECK(values_of(rig.mac_, 812) == Values{test::kFlagBackground, 5, test::kRuns});
  CHECK(rig.mac_.effects ==
        std::vector<std::string>{"setpriority 4 812 0x0", "setpriority 0 812 -0xa",
                                 "setpriority 0 812 0x5", "setpriority 4 812 0x1000"});
}

TEST_CASE("on a Mac children born while it was held get the old values back, orphans and all") {
  for (const auto kind : {ActionKind::background, ActionKind::raise}) {
    INFO(boost::describe::enum_to_string(kind, "?"));
    MacRig rig;
    const auto id = rig.mac_.start(812, 1, kPath);
    rig.mac_.fork(813, 812);  // born before: untouched
    const auto elder = values_of(rig.mac_, 813);
    const auto held = rig.hold(kind, id);
    REQUIRE(held.code == OutcomeCode::applied);
    const auto ours = values_of(rig.mac_, 812);
    rig.mac_.fork(820, 812);
    rig.mac_.fork(821, 820);
    rig.mac_.end(820);  // its child is an orphan now, in the same session
    rig.mac_.fork(822, 812);
    CHECK(values_of(rig.mac_, 821) == ours);
    const auto ended = rig.end(held.record);
    INFO(ended.text);
    CHECK(ended.code == OutcomeCode::undone);
    for (const std::int32_t pid : {812, 821, 822}) {
      INFO(pid);
      CHECK(values_of(rig.mac_, pid) == Values{});
    }
    CHECK(values_of(rig.mac_, 813) == elder);
  }
}

TEST_CASE("an orphan that left the session is found when it was seen as a child") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  const auto held = rig.hold(ActionKind::background, id);
  rig.mac_.fork(820, 812);
  rig.mac_.at(820).session = 820;
  auto extend = rig.begin(ActionKind::background, id);
  extend.verb = ActionVerb::extend;
  extend.record = held.record;
  REQUIRE(rig.run(extend).code == OutcomeCode::applied);
  rig.mac_.at(820).parent = 1;
  rig.end(held.record);
  CHECK(values_of(rig.mac_, 820) == Values{});
}

TEST_CASE("a child that chose another value, an older one and a stranger with ours keep it") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.fork(813, 812);
  rig.mac_.at(813).nice = -10;
  const auto held = rig.hold(ActionKind::raise, id);
  rig.mac_.fork(820, 812);
  rig.mac_.at(820).nice = 3;
  rig.mac_.start(900, 1, "/usr/bin/stranger");
  rig.mac_.at(900).nice = -10;
  rig.end(held.record);
  CHECK(rig.mac_.at(813).nice == -10);
  CHECK(rig.mac_.at(820).nice == 3);
  CHECK(rig.mac_.at(900).nice == -10);
}

TEST_CASE("being out of background is no sign of ours in a process that only shares the session") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.at(812).flags = test::kFlagBackground;
  const auto held = rig.hold(ActionKind::raise, id);
  rig.mac_.start(900, 1, "/usr/bin/neighbour");
  rig.mac_.at(900).session = 812;
  rig.mac_.fork(820, 812);
  rig.end(held.record);
  CHECK(values_of(rig.mac_, 900) == Values{});
  CHECK(values_of(rig.mac_, 820) == Values{test::kFlagBackground, 0, test::kRuns});
}

TEST_CASE("processes of launchd's own session are not taken for children") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.at(812).session = 1;
  const auto held = rig.hold(ActionKind::background, id);
  rig.mac_.start(900, 1, "/usr/bin/neighbour");
  rig.mac_.at(900).session = 1;
  rig.mac_.at(900).flags = test::kFlagBackground;
  rig.end(held.record);
  CHECK(rig.mac_.at(900).flags == test::kFlagBackground);
}

TEST_CASE("on a Mac a process stopped or put in background by somebody else is left as found") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.at(812).status = test::kStopped;
  rig.mac_.at(812).flags = test::kFlagBackground;
  CHECK(rig.hold(ActionKind::suspend, id).code == OutcomeCode::changed);
  CHECK(rig.hold(ActionKind::background, id).code == OutcomeCode::changed);
  rig.executor_.release_all("the test ends");
  CHECK(values_of(rig.mac_, 812) == Values{test::kFlagBackground, 0, test::kStopped});
  CHECK(rig.mac_.effects.empty());
}

TEST_CASE("on a Mac a stop that somebody else ended is not repeated or undone") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  const auto held = rig.hold(ActionKind::suspend, id);
  rig.mac_.at(812).status = test::kRuns;
  rig.mac_.effects.clear();
  CHECK(rig.end(held.record).code == OutcomeCode::changed);
  CHECK(rig.mac_.effects.empty());
}

TEST_CASE("on a Mac a number that went to another process is not touched, at begin and at undo") {
  for (const auto kind : kKinds) {
    MacRig rig;
    const auto id = rig.mac_.start(812, 1, kPath);
    const auto held = rig.hold(kind, id);
    rig.mac_.start(812, 1, kPath);  // the same program even
    const auto stranger = values_of(rig.mac_, 812);
    rig.mac_.effects.clear();
    CHECK(rig.hold(kind, id).code == OutcomeCode::gone);
    CHECK(rig.end(held.record).code == OutcomeCode::gone);
    CHECK(values_of(rig.mac_, 812) == stranger);
    CHECK(rig.mac_.effects.empty());
  }
}

TEST_CASE("a target that became another program is released at once") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  bool once = true;
  rig.mac_.before_change = [&](std::int32_t pid) {
    if (std::exchange(once, false)) rig.mac_.at(pid).path = "/usr/bin/other";
  };
  CHECK(rig.hold(ActionKind::suspend, id).code == OutcomeCode::changed);
  CHECK(rig.mac_.at(812).status == test::kRuns);
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("a server that its launch job or App Nap keeps down is not said to be raised, and keeps its nice value") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  std::string why;
  SECTION("its launch job, in the background") {
    rig.mac_.at(812).flags = test::kFlagOwnBackground;
    why = "its priority stays 4, that of the background";
  }
  SECTION("App Nap") {
    rig.mac_.at(812).flags = test::kFlagSuppressed;
    why = "its priority stays 28, where App Nap holds it";
  }
  const auto outcome = rig.hold(ActionKind::raise, id);
  INFO(outcome.text);
  CHECK(outcome.code != OutcomeCode::applied);
  CHECK(outcome.code != OutcomeCode::partial);
  CHECK(outcome.text.find(why) != std::string::npos);
  CHECK(rig.mac_.at(812).nice == 0);
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("what a Mac's kernel refuses is said and leaves nothing behind") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  for (const int error : {EINVAL, ENOTSUP, EPERM}) {
    rig.mac_.priority_error = error;
    for (const auto kind : {ActionKind::background, ActionKind::raise}) {
      const auto outcome = rig.hold(kind, id);
      INFO(outcome.text);
      CHECK((outcome.code == OutcomeCode::failed || outcome.code == OutcomeCode::not_permitted));
      CHECK(outcome.text.find("setpriority(") != std::string::npos);
    }
  }
  CHECK(values_of(rig.mac_, 812) == Values{});
  CHECK(rig.journal_.open_records().value().empty());
}

TEST_CASE("as an ordinary user what could not be taken back is not done") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  rig.mac_.euid = 501;
  const auto outcome = rig.hold(ActionKind::raise, id);
  // Raising needs root, so it fails; lowering again would be allowed.
  CHECK(outcome.code == OutcomeCode::not_permitted);
  CHECK(values_of(rig.mac_, 812) == Values{});
  CHECK(rig.hold(ActionKind::background, id).code == OutcomeCode::applied);
  rig.executor_.release_all("the test ends");
  CHECK(values_of(rig.mac_, 812) == Values{});
}

TEST_CASE("recovery after a crash puts a Mac's processes right, the stopped ones first") {
  MacRig rig;
  const auto stopped = rig.mac_.start(812, 1, kPath);
  const auto background = rig.mac_.start(813, 1, "/System/Library/mediaanalysisd");
  REQUIRE(rig.hold(ActionKind::background, background).code == OutcomeCode::applied);
  REQUIRE(rig.hold(ActionKind::suspend, stopped).code == OutcomeCode::applied);
  rig.guardian_.kill();
  rig.mac_.effects.clear();
  auto journal = journal::UndoJournal::open(rig.directory_ / "undo.db").value();
  const auto recovered = act::recover(journal, *rig.control_, *rig.table_, rig.boot_,
                                      rig.clock_.now(), rig.directory_.path(), false);
  REQUIRE(recovered);
  CHECK(recovered->complete());
  CHECK(rig.mac_.effects == std::vector<std::string>{"kill 812 cont", "setpriority 4 813 0x0"});
}

TEST_CASE("a record from another boot session touches nobody, whatever the wall clock says") {
  MacRig rig;
  const auto id = rig.mac_.start(812, 1, kPath);
  const auto held = rig.hold(ActionKind::suspend, id);
  auto record = rig.executor_.open_records().at(held.record);
  record.boot = {"another session"};
  CHECK(rig.undo(record).code == OutcomeCode::gone);
  CHECK(rig.mac_.at(812).status == test::kStopped);
  rig.mac_.advance(-3'600'000'000);  // the clock is set back an hour
  CHECK(rig.end(held.record).code == OutcomeCode::undone);
  CHECK(rig.mac_.at(812).status == test::kRuns);
}
