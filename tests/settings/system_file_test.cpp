#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "settings/machine.h"
#include "settings/parts.h"
#include "support/catch.h"

using namespace m1opt;
using base::Errc;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Target;
using settings::Value;

namespace {

constexpr const char* kGovernor = "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor";
const Target kGovernors{Means::sys_file, {kGovernor}};

/// A tree that stands before /proc/sys and /sys.
class Kernel {
 public:
  Kernel() { ::setenv("M1OPT_SYS_ROOT", root_.path().c_str(), 1); }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel() { ::unsetenv("M1OPT_SYS_ROOT"); }

  void say(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_.path() + path).parent_path());
    std::ofstream(root_.path() + path) << text;
  }
  void policies(std::initializer_list<const char*> governors) {
    int number = 0;
    for (const char* governor : governors) say(policy(number++), std::string(governor) + "\n");
  }
  [[nodiscard]] std::string text(const std::string& path) const {
    const auto read = base::read_file(root_.path() + path);
    return read ? *read : std::string();
  }
  static std::string policy(int number) {
    return "/sys/devices/system/cpu/cpufreq/policy" + std::to_string(number) + "/scaling_governor";
  }

  std::unique_ptr<settings::SettingAccess> files = settings::make_system_file();

 private:
  test::TempDir root_;
};

settings::Setting governor_row() { return *settings::find(settings::System::linux, "cpu-governor"); }

}  // namespace

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
  test::TempDir directory;
  test::FakeClock clock;
  auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
  settings::Engine engine(*kernel.files, journal, clock, base::BootId{"boot"});
  CHECK(engine.apply(governor_row()).outcome == Outcome::observed);
  for (int number = 0; number < 3; ++number) CHECK(kernel.text(Kernel::policy(number)) == "performance");
  const auto undone = engine.undo();
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
      test::TempDir directory;
      test::FakeClock clock;
      const auto with_engine = [&](const auto& work) {
        auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
        settings::Engine engine(*kernel.files, journal, clock, base::BootId{"boot"});
        work(engine);
        return journal.open_records().size();
      };
      int reached = 0;
      base::fault_hook([&](const char* name) {
        if (std::string_view(name) == "settings.file" && ++reached == times) throw test::Crash{};
      });
      CHECK_THROWS_AS(with_engine([&](settings::Engine& engine) {
        (void)engine.apply(governor_row());
        (void)engine.undo();
      }), test::Crash);
      base::fault_hook({});
      CHECK(with_engine([&](settings::Engine& engine) {
        if (recovers) (void)engine.recover();
        (void)engine.undo();
      }) == 0);
      CHECK(kernel.files->read(kGovernors).value() ==
            Reading(Value{{}, "policy0=powersave policy1=schedutil policy2=powersave"}));
    }
  }
}

#endif

TEST_CASE("half done is what is made of the value before and the one set, and nothing else") {
  const Reading before = Value{{}, "powersave"};
  const Reading set = Value{{}, "performance"};
  CHECK(settings::is_half_done(Value{{}, "policy0=performance policy1=powersave"}, before, set));
  CHECK_FALSE(settings::is_half_done(Value{{}, "policy0=performance policy1=userspace"}, before, set));
  CHECK_FALSE(settings::is_half_done(Value{{}, "userspace"}, before, set));
  CHECK_FALSE(settings::is_half_done(Reading{}, before, set));
}
