#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/file.h"
#include "settings/machine.h"

namespace m1opt::test {

inline const settings::Target kGovernors{settings::Means::sys_file,
                                         {"/sys/devices/system/cpu/cpufreq/policy*/scaling_governor"}};

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

  /// A processor as it is while it is switched off; 0: it is on again.
  void answers(int number, int os_errno) { answers_[root_.path() + policy(number)] = os_errno; }
  void takes_nothing(int number, int os_errno) { refusals_[root_.path() + policy(number)] = os_errno; }
  /// As after a hotplug of a whole package.
  void remove(int number) {
    std::filesystem::remove_all(std::filesystem::path(root_.path() + policy(number)).parent_path());
  }

  std::unique_ptr<settings::SettingAccess> files = settings::make_system_file(
      {[this](const std::string& path) -> base::Result<std::string> {
         if (answers_[path] != 0) return base::error_from_errno("read " + path, answers_[path]);
         return base::read_file(path);
       },
       [this](const std::string& path, std::string_view text) -> base::Result<void> {
         const int number = answers_[path] != 0 ? answers_[path] : refusals_[path];
         if (number != 0) return base::error_from_errno("write " + path, number);
         return base::write_in_place(path, text);
       }});

 private:
  TempDir root_;
  std::map<std::string, int> answers_;
  std::map<std::string, int> refusals_;
};

/// Who changes settings of that kernel, with a journal that stays.
struct Changer {
  Kernel& kernel;
  TempDir directory{};
  FakeClock clock{};

  template <class Work>
  auto with(const Work& work) {
    auto journal = settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
    settings::Engine engine(*kernel.files, journal, clock, base::BootId{"boot"});
    return work(engine);
  }
  settings::Report apply(const settings::Setting& row) {
    return with([&](settings::Engine& engine) { return engine.apply(row); });
  }
  std::vector<settings::Report> undo() {
    return with([](settings::Engine& engine) { return engine.undo(); });
  }
  std::size_t open_records() {
    return settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::read)
        .value()
        .open_records()
        .size();
  }
};

inline settings::Setting governor_row() { return *settings::find(settings::System::linux, "cpu-governor"); }

}  // namespace m1opt::test
