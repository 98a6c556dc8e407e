#include "settings_rig.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

TEST_CASE("a setting that is tied to a workload is set while one is busy, and put back when all are quiet") {
  SettingsRig rig;
  CHECK(rig.apply("governor") == "wished");
  CHECK(rig.value("governor") == "powersave");
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
  rig.work(false);
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.open() == 0);
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
  CHECK(rig.undo("governor") == "undone");
  CHECK(rig.value("governor") == "powersave");
  rig.tick();
  CHECK(rig.value("governor") == "powersave");
}

TEST_CASE("wished for while a workload is busy it is set before the answer") {
  SettingsRig rig;
  rig.work(true);
  CHECK(rig.apply("governor") == "observed");
  CHECK(rig.value("governor") == "performance");
}

TEST_CASE("a pause, safe mode, observing and the end put back what is tied to a workload") {
  for (const Mode mode : {Mode::paused, Mode::safe, Mode::observing}) {
    SettingsRig rig;
    rig.apply("governor");
    rig.apply("gpu-wired-limit");
    rig.work(true);
    REQUIRE(rig.value("governor") == "performance");
    REQUIRE(rig.value("iogpu.wired_limit_mb") == "24576");
    rig.decision.mode = mode;
    rig.tick();
    CHECK(rig.value("governor") == "powersave");
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
    rig.decision.mode = Mode::active;
    rig.tick();
    CHECK(rig.value("governor") == "performance");
    rig.keeper->finish();
    CHECK(rig.keeper->end());
    CHECK(rig.value("governor") == "powersave");
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
    rig.tick();
    CHECK(rig.value("governor") == "powersave");
  }
}

TEST_CASE("what a killed daemon left set is put back by the next one before anything else, and set again in its time") {
  SettingsRig rig;
  rig.apply("governor");
  rig.apply("swappiness");
  rig.work(true);
  rig.decision.working.clear();
  REQUIRE(rig.value("governor") == "performance");
  rig.start();
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.value("swappiness") == "10");
  rig.work(true);
  CHECK(rig.value("governor") == "performance");
}

TEST_CASE("a recovery puts back what is tied to a run of the daemon; the end of all also what lasts") {
  SettingsRig rig;
  rig.apply("governor");
  rig.apply("swappiness");
  rig.work(true);
  REQUIRE(rig.value("governor") == "performance");
  const auto recover = [&](Extent extent) {
    return recover_settings(rig.directory.path(), rig.machine, rig.clock, BootId{"boot-1"}, extent).complete();
  };
  CHECK(recover(Extent::bound));
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.value("swappiness") == "10");
  CHECK(recover(Extent::everything));
  CHECK(rig.value("swappiness") == "60");
}

TEST_CASE("one that cannot be set is told once, is a finding, and is tried again after longer and longer waits") {
  SettingsRig rig;
  rig.apply("governor");
  rig.machine.locked = "governor";
  rig.work(true);
  REQUIRE(rig.events.size() == 0);
  rig.tick();
  REQUIRE(rig.events.size() == 1);
  CHECK(mentions(rig.events[0], "locked"));
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::warning);
  const int reads = rig.machine.reads;
  for (int i = 0; i < 50; ++i) rig.tick();
  CHECK(rig.machine.reads == reads);
  rig.tick(15s);
  CHECK(rig.machine.reads > reads);
  CHECK(rig.events.size() == 1);
  rig.machine.locked.clear();
  rig.tick(130s);
  CHECK(rig.value("governor") == "performance");
  rig.tick();
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("one that cannot be put back is an error with its remedy, and the end is not a clean one") {
  SettingsRig rig;
  rig.apply("governor");
  rig.work(true);
  rig.machine.locked = "governor";
  rig.work(false);
  REQUIRE(rig.keeper->findings().size() == 1);
  CHECK(rig.keeper->findings()[0].severity == Severity::error);
  CHECK(rig.keeper->findings()[0].fix == "sudo m1optctl tune undo governor");
  rig.decision.mode = Mode::paused;
  const int reads = rig.machine.reads;
  for (int i = 0; i < 10; ++i) rig.tick();
  CHECK(rig.machine.reads <= reads + 2);  // one try, since how things stand has changed
  rig.keeper->finish();
  CHECK_FALSE(rig.keeper->end());
  rig.machine.locked.clear();
  rig.start();
  CHECK(rig.value("governor") == "powersave");
  CHECK(rig.keeper->findings().empty());
}

TEST_CASE("one that could not be put back is put back as soon as that is possible again") {
  for (const Mode mode : {Mode::active, Mode::paused}) {
    SettingsRig rig;
    rig.apply("governor");
    rig.work(true);
    rig.machine.locked = "governor";
    rig.work(false);
    rig.decision.mode = mode;
    rig.tick();
    rig.machine.locked.clear();
    rig.tick(121s);
    CHECK(rig.value("governor") == "powersave");
    CHECK(rig.open() == 0);
    CHECK(rig.keeper->findings().empty());
  }
}

TEST_CASE("what somebody changed since is left as it is, and told") {
  SettingsRig rig;
  rig.apply("governor");
  rig.work(true);
  rig.machine.values["governor"] = Value{"", "userspace"};
  rig.work(false);
  CHECK(rig.value("governor") == "userspace");
  rig.tick();
  CHECK(mentions(rig.events.back(), "somebody changed it"));
  CHECK(rig.open() == 0);
}

TEST_CASE("the GPU's limit is not raised with 16 GiB, nor when the RAM is not known") {
  for (const auto ram : {std::optional(Bytes{std::int64_t{16} << 30}), std::optional<Bytes>{}}) {
    SettingsRig rig;
    rig.ram = ram;
    rig.start();
    CHECK(mentions(rig.apply("gpu-wired-limit"), ram ? "8 GiB have to stay free" : "is not known"));
    CHECK(rig.value("iogpu.wired_limit_mb") == "0");
  }
}

TEST_CASE("the GPU's limit is set as long as the daemon runs, and one that is higher is left") {
  SettingsRig rig;
  CHECK(rig.apply("gpu-wired-limit") == "observed");
  CHECK(rig.value("iogpu.wired_limit_mb") == "24576");
  rig.keeper->finish();
  CHECK(rig.value("iogpu.wired_limit_mb") == "0");
  rig.machine.values["iogpu.wired_limit_mb"] = Value{"", "28672"};
  rig.start();
  CHECK(rig.value("iogpu.wired_limit_mb") == "28672");
  CHECK(rig.apply("gpu-wired-limit") == "observed");
  CHECK(rig.value("iogpu.wired_limit_mb") == "28672");
  CHECK(rig.open() == 0);
}

TEST_CASE("with a slow thread that has too much to do it is tried at the next tick") {
  SettingsRig rig;
  rig.apply("governor");
  rig.posts = false;
  rig.work(true);
  CHECK(rig.value("governor") == "powersave");
  rig.posts = true;
  rig.tick();
  CHECK(rig.value("governor") == "performance");
}
