// The kernel's own files: written as root, and put back.
#include <unistd.h>

#include "settings/machine.h"
#include "support/catch.h"

using namespace m1opt;
using settings::Means;
using settings::Outcome;
using settings::Reading;
using settings::Setting;
using settings::Value;

namespace {

/// Whatever becomes of the test, the machine has its value back.
class PutBack {
 public:
  PutBack(settings::SettingAccess& access, settings::Target target)
      : access_(access), target_(std::move(target)), before_(access_.read(target_).value()) {}
  PutBack(const PutBack&) = delete;
  PutBack& operator=(const PutBack&) = delete;
  ~PutBack() { (void)access_.write(target_, before_); }

  [[nodiscard]] const Reading& before() const { return before_; }

 private:
  settings::SettingAccess& access_;
  settings::Target target_;
  Reading before_;
};

Setting row_with(const char* name, const std::string& wanted) {
  Setting row = *settings::find(settings::System::linux, name);
  row.wanted.text = wanted;
  return row;
}

}  // namespace

TEST_CASE("the kernel takes each value that is set in its own files, and has the one before after the undo") {
  const auto files = settings::make_system_file();
  for (const auto& [name, one, other] : {std::tuple("swappiness", "61", "62"), std::tuple("huge-pages", "always", "never")}) {
    INFO(name);
    const settings::Target target = row_with(name, one).target;
    if (::geteuid() != 0 || ::access(target.arguments[0].c_str(), W_OK) != 0) {
      WARN("left out: only root, and not in every container, may write /proc/sys and /sys");
      return;
    }
    const PutBack found(*files, target);
    const Setting row = row_with(name, found.before()->text == one ? other : one);
    test::TempDir directory;
    test::FakeClock clock;
    auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
    settings::Engine engine(*files, journal, clock, base::BootId{"boot"});
    CHECK(engine.apply(row).outcome == Outcome::observed);
    CHECK(files->read(target).value() == Reading(row.wanted));
    CHECK(engine.undo().at(0).outcome == Outcome::undone);
    CHECK(files->read(target).value() == found.before());
  }
}

TEST_CASE("a value that the kernel does not take is told, and what was there stays") {
  const auto files = settings::make_system_file();
  const Setting row = row_with("huge-pages", "sometimes");
  if (::geteuid() != 0 || ::access(row.target.arguments[0].c_str(), W_OK) != 0) {
    WARN("left out: only root, and not in every container, may write /proc/sys and /sys");
    return;
  }
  const PutBack found(*files, row.target);
  const auto written = files->write(row.target, row.wanted);
  REQUIRE_FALSE(written);
  CHECK(written.error().what.find("does not take \"sometimes\"") != std::string::npos);
  CHECK(files->read(row.target).value() == found.before());
}
