#include "settings/kernel_tree.h"
#include "support/catch.h"

using namespace m1opt;
using base::Errc;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Target;
using settings::Value;
using test::Kernel;
using test::governor_row;
using test::kGovernors;

TEST_CASE("a file of the kernel's is read without its end of line, and written whole") {
  Kernel kernel;
  const Target target{Means::proc_sys, {"/proc/sys/vm/swappiness"}};
  kernel.say("/proc/sys/vm/swappiness", "100\n");
  CHECK(kernel.files->read(target).value() == Reading(Value{{}, "100"}));
  REQUIRE(kernel.files->write(target, Value{{}, "10"}));
  CHECK(kernel.text("/proc/sys/vm/swappiness") == "10");
}

TEST_CASE("of several choices the one in brackets is what is set") {
  Kernel kernel;
  const std::string path = "/sys/kernel/mm/transparent_hugepage/enabled";
  kernel.say(path, "always [madvise] never\n");
  CHECK(kernel.files->read({Means::sys_file, {path}}).value() == Reading(Value{{}, "madvise"}));
}

TEST_CASE("what this machine has not got is told, and nothing is made") {
  Kernel kernel;
  const Target target{Means::sys_file, {"/sys/firmware/acpi/platform_profile"}};
  CHECK(kernel.files->read(target).error().code == Errc::unsupported);
  CHECK(kernel.files->write(target, Value{{}, "performance"}).error().code == Errc::unsupported);
  CHECK(kernel.text("/sys/firmware/acpi/platform_profile").empty());
  CHECK(kernel.files->read(kGovernors).error().code == Errc::unsupported);
  CHECK_FALSE(kernel.files->write(target, Reading{}));
}

TEST_CASE("processors that differ are set alike, and each gets its own back") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil", "powersave"});
  test::Changer changer{kernel};
  CHECK(changer.apply(governor_row()).outcome == Outcome::observed);
  for (int number = 0; number < 3; ++number) CHECK(kernel.text(Kernel::policy(number)) == "performance");
  const auto undone = changer.undo();
  REQUIRE(undone.size() == 1);
  CHECK(undone[0].outcome == Outcome::undone);
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
  CHECK(kernel.text(Kernel::policy(1)) == "schedutil");
  CHECK(kernel.text(Kernel::policy(2)) == "powersave");
}

TEST_CASE("a processor that was switched off meanwhile has nothing to be put back, and the others get theirs") {
  Kernel kernel;
  kernel.policies({"powersave", "schedutil"});
  const Reading before = kernel.files->read(kGovernors).value();
  REQUIRE(kernel.files->write(kGovernors, Value{{}, "performance"}));
  kernel.say("/sys/devices/system/cpu/cpufreq/policy2/scaling_governor", "performance\n");
  REQUIRE(kernel.files->write(kGovernors, before));
  CHECK(kernel.text(Kernel::policy(0)) == "powersave");
  CHECK(kernel.text(Kernel::policy(1)) == "schedutil");
  CHECK(kernel.text(Kernel::policy(2)) == "performance\n");
}

#ifdef M1OPT_FAULT_POINTS

TEST_CASE("killed between two processors, by a change or by its undo, each gets its own back") {
  for (const bool recovers : {false, true}) {
    for (int times = 1; times <= 6; ++times) {
      INFO("at file " << times << (recovers ? ", recovered" : ""));
      Kernel kernel;
      kernel.policies({"powersave", "schedutil", "powersave"});
      test::Changer changer{kernel};
      int reached = 0;
      base::fault_hook([&](const char* name) {
        if (std::string_view(name) == "settings.file" && ++reached == times) throw test::Crash{};
      });
      CHECK_THROWS_AS(changer.with([&](settings::Engine& engine) {
        (void)engine.apply(governor_row());
        return engine.undo();
      }), test::Crash);
      base::fault_hook({});
      (void)changer.with([&](settings::Engine& engine) {
        if (recovers) (void)engine.recover();
        return engine.undo();
      });
      CHECK(changer.open_records() == 0);
      CHECK(kernel.files->read(kGovernors).value() ==
            Reading(Value{{}, "policy0=powersave policy1=schedutil policy2=powersave"}));
    }
  }
}

#endif
