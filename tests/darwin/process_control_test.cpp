#include "platform/darwin/darwin.h"

#include <cerrno>

#include "darwin/fake_mac.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace m1opt::platform::darwin;
using m1opt::test::FakeMac;

namespace {

constexpr std::array kOurs{Attribute::run_state, Attribute::nice, Attribute::darwin_background};

Subject whole(ProcessId process) { return {SubjectKind::process, process, {}, 0, {}}; }

std::int64_t wish(Attribute attribute) { return attribute == Attribute::nice ? -10 : 1; }

struct Rig {
  FakeMac mac;
  ProcessId id = mac.start(812, 1, "/System/Library/photoanalysisd");
  std::unique_ptr<platform::ProcessControl> control = make_process_control(mac);
};

/// A stranger gets the number between the look and the call, and is left as it was born.
void write_while_the_pid_is_reused(Rig& rig, Attribute attribute, std::int64_t value) {
  bool once = true;
  rig.mac.before_change = [&](std::int32_t pid) {
    if (std::exchange(once, false)) rig.mac.start(pid, 1, "/usr/bin/stranger");
  };
  const auto written = rig.control->write(attribute, whole(rig.id), value);
  rig.mac.before_change = nullptr;
  CHECK(written.error().code == Errc::changed);
  const auto stranger = rig.mac.at(812);
  CHECK(stranger.path == "/usr/bin/stranger");
  CHECK(stranger.nice == 0);
  CHECK(stranger.flags == 0);
  CHECK(stranger.status == test::kRuns);
  CHECK(rig.mac.effects.size() == 2);
}

}  // namespace

TEST_CASE("each value is set, shown and taken back by the call that macOS has for it") {
  Rig rig;
  for (const Attribute attribute : kOurs) {
    INFO(boost::describe::enum_to_string(attribute, "?"));
    CHECK(rig.control->holder(attribute) == SubjectKind::process);
    REQUIRE(rig.control->write(attribute, whole(rig.id), wish(attribute)));
    CHECK(*rig.control->read(attribute, whole(rig.id)) == wish(attribute));
    REQUIRE(rig.control->write(attribute, whole(rig.id), 0));
    CHECK(*rig.control->read(attribute, whole(rig.id)) == 0);
  }
  CHECK(rig.mac.effects ==
        std::vector<std::string>{"kill 812 stop", "kill 812 cont", "setpriority 0 812 -0xa",
                                 "setpriority 0 812 0x0", "setpriority 4 812 0x1000",
                                 "setpriority 4 812 0x0"});
}

TEST_CASE("what Linux has and macOS has not is unsupported, and nothing is tried") {
  Rig rig;
  for (const Attribute attribute :
       {Attribute::policy, Attribute::io_priority, Attribute::clamp_min, Attribute::autogroup_nice,
        Attribute::cgroup_weight, Attribute::cgroup_idle}) {
    CHECK_FALSE(rig.control->holder(attribute).has_value());
    CHECK(rig.control->read(attribute, whole(rig.id)).error().code == Errc::unsupported);
    CHECK(rig.control->write(attribute, whole(rig.id), 1).error().code == Errc::unsupported);
    CHECK(rig.control->may_undo({attribute, whole(rig.id), 0, 1}).error().code == Errc::unsupported);
  }
  const Subject thread{SubjectKind::thread, rig.id, rig.id, 0, {}};
  CHECK(rig.control->write(Attribute::nice, thread, 5).error().code == Errc::unsupported);
  CHECK(rig.control->threads(rig.id).error().code == Errc::unsupported);
  CHECK(rig.mac.effects.empty());
}

TEST_CASE("background that a process asked for itself is not taken for ours") {
  Rig rig;
  rig.mac.at(812).flags = test::kFlagOwnBackground;
  CHECK(*rig.control->read(Attribute::darwin_background, whole(rig.id)) == 0);
  REQUIRE(rig.control->write(Attribute::darwin_background, whole(rig.id), 1));
  REQUIRE(rig.control->write(Attribute::darwin_background, whole(rig.id), 0));
  CHECK(rig.mac.at(812).flags == test::kFlagOwnBackground);
}

TEST_CASE("a process of another start, a zombie and a stranger are not touched") {
  Rig rig;
  const ProcessId before{812, rig.id.start - 1};
  for (const Attribute attribute : kOurs) {
    CHECK(rig.control->write(attribute, whole(before), wish(attribute)).error().code == Errc::gone);
    CHECK(rig.control->read(attribute, whole(before)).error().code == Errc::gone);
  }
  CHECK(rig.control->identify(before).error().code == Errc::gone);
  CHECK(*rig.control->identify(rig.id) == "/System/Library/photoanalysisd");
  rig.mac.at(812).status = test::kZombie;
  CHECK(rig.control->write(Attribute::run_state, whole(rig.id), 1).error().code == Errc::gone);
  rig.mac.at(812).status = test::kRuns;
  rig.mac.at(812).uid = 0;
  rig.mac.euid = 501;
  CHECK(rig.control->write(Attribute::run_state, whole(rig.id), 1).error().code ==
        Errc::not_permitted);
  CHECK(rig.mac.effects.empty());
}

TEST_CASE("a pid that goes to a stranger within the call: the stranger gets its value back") {
  for (const Attribute attribute : kOurs) {
    INFO(boost::describe::enum_to_string(attribute, "?"));
    Rig rig;
    write_while_the_pid_is_reused(rig, attribute, wish(attribute));
  }
}

TEST_CASE("a pid that goes to a stranger while it is taken back: the stranger is left as it was born") {
  for (const Attribute attribute : kOurs) {
    INFO(boost::describe::enum_to_string(attribute, "?"));
    Rig rig;
    REQUIRE(rig.control->write(attribute, whole(rig.id), wish(attribute)));
    write_while_the_pid_is_reused(rig, attribute, 0);
  }
}

TEST_CASE("a stranger's own value is its parent's") {
  for (const bool taken_back : {false, true}) {
    Rig rig;
    rig.mac.start(700, 1, "/bin/zsh");
    rig.mac.at(700).nice = 5;
    rig.mac.at(700).flags = test::kFlagBackground;
    for (const Attribute attribute : {Attribute::nice, Attribute::darwin_background}) {
      INFO(boost::describe::enum_to_string(attribute, "?") << taken_back);
      rig.mac.before_change = nullptr;
      const ProcessId ours = rig.mac.start(812, 1, "/System/Library/photoanalysisd");
      if (taken_back) REQUIRE(rig.control->write(attribute, whole(ours), wish(attribute)));
      bool once = true;
      rig.mac.before_change = [&](std::int32_t pid) {
        if (std::exchange(once, false)) rig.mac.fork(pid, 700);
      };
      const std::int64_t value = taken_back ? 0 : wish(attribute);
      CHECK(rig.control->write(attribute, whole(ours), value).error().code == Errc::changed);
      CHECK(rig.mac.at(812).nice == 5);
      CHECK(rig.mac.at(812).flags == test::kFlagBackground);
    }
  }
}

TEST_CASE("a look that fails once after the call does not make our process a stranger") {
  for (const Attribute attribute : kOurs) {
    INFO(boost::describe::enum_to_string(attribute, "?"));
    Rig rig;
    rig.mac.before_change = [&](std::int32_t) { rig.mac.info_failures = 1; };
    REQUIRE(rig.control->write(attribute, whole(rig.id), wish(attribute)));
    REQUIRE(rig.control->write(attribute, whole(rig.id), 0));
    CHECK(*rig.control->read(attribute, whole(rig.id)) == 0);
    CHECK(rig.mac.effects.size() == 2);
  }
}

TEST_CASE("one that can no longer be looked at after the call is neither gone nor set again") {
  Rig rig;
  REQUIRE(rig.control->write(Attribute::run_state, whole(rig.id), 1));
  rig.mac.before_change = [&](std::int32_t) { rig.mac.info_error = EIO; };
  CHECK(rig.control->write(Attribute::run_state, whole(rig.id), 0).error().code == Errc::io);
  CHECK(rig.mac.effects == std::vector<std::string>{"kill 812 stop", "kill 812 cont"});
}

TEST_CASE("a process that ends within the call is said to have ended") {
  Rig rig;
  rig.mac.before_change = [&](std::int32_t pid) { rig.mac.end(pid); };
  CHECK(rig.control->write(Attribute::nice, whole(rig.id), 5).error().code == Errc::gone);
}

TEST_CASE("a call that succeeds and does nothing is not believed") {
  Rig rig;
  rig.mac.priority_ignored = true;
  CHECK(rig.control->write(Attribute::darwin_background, whole(rig.id), 1).error().code == Errc::io);
}

TEST_CASE("a stop that does not show is taken back, so that it cannot come later") {
  Rig rig;
  rig.mac.stop_stays_pending = true;
  CHECK(rig.control->write(Attribute::run_state, whole(rig.id), 1).error().code == Errc::io);
  CHECK(rig.mac.effects == std::vector<std::string>{"kill 812 stop", "kill 812 cont"});
  rig.mac.deliver_pending_stop();
  CHECK(rig.mac.at(812).status == test::kRuns);
}

TEST_CASE("a continue that does not show is not believed") {
  Rig rig;
  REQUIRE(rig.control->write(Attribute::run_state, whole(rig.id), 1));
  rig.mac.continue_ignored = true;
  CHECK(rig.control->write(Attribute::run_state, whole(rig.id), 0).error().code == Errc::io);
  rig.mac.continue_ignored = false;
  REQUIRE(rig.control->write(Attribute::run_state, whole(rig.id), 0));
}

TEST_CASE("one that runs is not continued: SIGCONT would end a stop by somebody else") {
  Rig rig;
  REQUIRE(rig.control->write(Attribute::run_state, whole(rig.id), 0));
  CHECK(rig.mac.effects.empty());
}

TEST_CASE("refusals keep their meaning: no such call, no permission") {
  Rig rig;
  rig.mac.priority_error = EINVAL;
  CHECK(rig.control->write(Attribute::darwin_background, whole(rig.id), 1).error().code ==
        Errc::unsupported);
  rig.mac.priority_error = EACCES;
  CHECK(rig.control->write(Attribute::nice, whole(rig.id), -5).error().code == Errc::not_permitted);
  rig.mac.signal_error = EPERM;  // a policy of the system, even to root
  CHECK(rig.control->may_undo({Attribute::run_state, whole(rig.id), 0, 1}).error().code ==
        Errc::not_permitted);
}

TEST_CASE("a user may undo what the kernel lets a user undo") {
  Rig rig;
  rig.mac.euid = 501;
  const auto may = [&](Attribute attribute, std::int64_t before, std::int64_t set) {
    return bool(rig.control->may_undo({attribute, whole(rig.id), before, set}));
  };
  CHECK(may(Attribute::run_state, 0, 1));
  CHECK(may(Attribute::darwin_background, 0, 1));
  CHECK(may(Attribute::nice, 0, -10));
  CHECK_FALSE(may(Attribute::nice, 0, 10));
  rig.mac.euid = 502;
  CHECK_FALSE(may(Attribute::run_state, 0, 1));
  CHECK_FALSE(may(Attribute::darwin_background, 0, 1));
}

TEST_CASE("a start token taken now is not older than any living process, nor younger than the next") {
  Rig rig;
  CHECK(rig.control->start_token_now() >= rig.id.start);
  const auto token = rig.control->start_token_now();
  CHECK(rig.mac.fork(813, 812).start >= token);
}
