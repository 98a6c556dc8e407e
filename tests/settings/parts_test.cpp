#include <cerrno>

#include "settings/kernel_tree.h"
#include "support/catch.h"

using namespace m1opt;
using base::Errc;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Target;
using settings::Value;
using test::Changer;
using test::Kernel;
using test::governor_row;
using test::kGovernors;

TEST_CASE("a processor that is switched off hides no other, to those who read and to those who write") {
  for (const int away : {EBUSY, ENODEV, ENOENT}) {
    INFO(away);
    Kernel kernel;
    kernel.policies({"powersave", "schedutil", "powersave"});
    kernel.answers(1, away);
    CHECK(kernel.files->read(kGovernors).value() == Reading(Value{{}, "powersave"}));
    REQUIRE(kernel.files->write(kGovernors, Value{{}, "performance"}));
    CHECK(kernel.text(Kernel::policy(0)) == "performance");
    CHECK(kernel.text(Kernel::policy(1)) == "schedutil\n");
    CHECK(kernel.text(Kernel::policy(2)) == "performance");
  }
}

TEST_CASE("when no processor answers, or one with another error, that is told") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  kernel.answers(0, EIO);
  CHECK_FALSE(kernel.files->read(kGovernors));
  kernel.answers(0, EBUSY);
  kernel.answers(1, EBUSY);
  CHECK(kernel.files->read(kGovernors).error().os_errno == EBUSY);
  CHECK_FALSE(kernel.files->write(kGovernors, Value{{}, "performance"}));
}

TEST_CASE("a file that is alone and busy is no absent one") {
  Kernel kernel;
  const auto busy = [](const std::string&) -> base::Result<std::string> { return base::error_from_errno("read", EBUSY); };
  const auto files = settings::make_system_file({busy, base::write_in_place});
  kernel.say("/proc/sys/vm/swappiness", "60\n");
  CHECK(files->read({Means::proc_sys, {"/proc/sys/vm/swappiness"}}).error().os_errno == EBUSY);
}

TEST_CASE("a processor is switched off after the change: the others get theirs, it is named, and the record is closed") {
  for (const int away : {EBUSY, ENODEV, ENOENT, EINVAL}) {
    INFO(away);
    Kernel kernel;
    kernel.policies({"powersave", "schedutil", "powersave"});
    Changer changer{kernel};
    REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
    kernel.answers(1, away);
    const auto undone = changer.undo();
    REQUIRE(undone.size() == 1);
    CHECK(undone[0].outcome == Outcome::undone);
    CHECK(undone[0].text.find("policy1=schedutil, which may come back as performance") != std::string::npos);
    CHECK(kernel.text(Kernel::policy(0)) == "powersave");
    CHECK(kernel.text(Kernel::policy(2)) == "powersave");
    CHECK(changer.undo().empty());
  }
}

TEST_CASE("a processor goes away after the change: what it had is told, and nobody is blamed") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.remove(1);
  const auto undone = changer.undo();
  REQUIRE(undone.size() == 1);
  CHECK(undone[0].outcome == Outcome::undone);
  CHECK(undone[0].text.find("policy1=schedutil") != std::string::npos);
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
  CHECK(changer.undo().empty());
}

TEST_CASE("a processor that came after the change keeps what it has, and holds no undo up") {
  for (const char* its : {"performance", "ondemand"}) {
    for (const bool mixed : {true, false}) {
      INFO(its << (mixed ? ", mixed" : ", alike"));
      if (!mixed && std::string_view(its) == "performance") continue;  // one that was alike has no names: as the others
      Kernel kernel;
      kernel.policies({"powersave", mixed ? "schedutil" : "powersave"});
      Changer changer{kernel};
      REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
      kernel.say(Kernel::policy(2), its);
      const auto undone = changer.undo();
      REQUIRE(undone.size() == 1);
      CHECK(undone[0].outcome == Outcome::undone);
      CHECK(kernel.text(Kernel::policy(0)) == "powersave");
      CHECK(kernel.text(Kernel::policy(1)) == (mixed ? "schedutil" : "powersave"));
      CHECK(kernel.text(Kernel::policy(2)) == its);
      CHECK(undone[0].text.empty() == mixed);
      CHECK(changer.undo().empty());
    }
  }
}

TEST_CASE("one processor that cannot be put back is told, the others are, and it is tried again") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil", "powersave"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.takes_nothing(0, EIO);
  CHECK(changer.undo().at(0).outcome == Outcome::failed);
  CHECK(kernel.text(Kernel::policy(1)) == "schedutil");
  CHECK(kernel.text(Kernel::policy(2)) == "powersave");
  kernel.takes_nothing(0, 0);
  CHECK(changer.undo().at(0).outcome == Outcome::undone);
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
  CHECK(changer.undo().empty());
}

TEST_CASE("a processor that is busy just while it is put back keeps the record open") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.takes_nothing(1, EBUSY);
  CHECK(changer.undo().at(0).outcome == Outcome::failed);
  kernel.takes_nothing(1, 0);
  CHECK(changer.undo().at(0).outcome == Outcome::undone);
  CHECK(kernel.text(Kernel::policy(1)) == "schedutil");
}

TEST_CASE("of processors of which somebody has changed one, the others get theirs back, and his stays") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.say(Kernel::policy(1), "userspace\n");
  const auto undone = changer.undo();
  REQUIRE(undone.size() == 1);
  CHECK(undone[0].text.find("policy1=userspace is not what m1opt set") != std::string::npos);
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
  CHECK(kernel.text(Kernel::policy(1)) == "userspace\n");
}

TEST_CASE("what somebody has changed everywhere is left, and so is what was never changed") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.policies({"userspace", "userspace"});
  CHECK(changer.undo().at(0).outcome == Outcome::changed);
  CHECK(kernel.text(Kernel::policy(0)) == "userspace\n");
  kernel.policies({"powersave", "schedutil"});
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.policies({"powersave", "schedutil"});
  kernel.answers(1, EBUSY);
  CHECK(changer.undo().at(0).outcome == Outcome::already);
}

TEST_CASE("verify asks of those that are there, and of those that m1opt knows, whether they are as they were set") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(changer.apply(governor_row()).outcome == Outcome::observed);
  kernel.answers(1, EBUSY);
  kernel.say(Kernel::policy(2), "ondemand\n");
  auto journal = settings::SettingsJournal::open(changer.directory.path(), settings::SettingsJournal::Use::write).value();
  settings::Engine engine(*kernel.files, journal, changer.clock, base::BootId{"boot"});
  CHECK(engine.verify(journal.open_records().at(0)).outcome == Outcome::observed);
  kernel.say(Kernel::policy(0), "powersave\n");
  CHECK(engine.verify(journal.open_records().at(0)).outcome == Outcome::changed);
}

#ifdef M1OPT_FAULT_POINTS

TEST_CASE("killed in a change, and a processor gone before the recovery: nobody is blamed, the others get theirs") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  Changer changer{kernel};
  REQUIRE(test::crash_at("settings.written", [&] { (void)changer.apply(governor_row()); }));
  kernel.remove(1);
  const auto recovered = changer.with([](settings::Engine& engine) { return engine.recover(); });
  CHECK(recovered.at(0).outcome == Outcome::observed);
  CHECK(changer.undo().at(0).outcome == Outcome::undone);
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
}

#endif
