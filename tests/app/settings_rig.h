#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/settings_keeper.h"
#include "support/temp_dir.h"
#include "tick_rig.h"

namespace m1opt::test {

using namespace m1opt::app;
using settings::Lifetime;
using settings::Means;
using settings::Reading;
using settings::Value;

/// What the machine keeps, by the first argument of where it is kept.
struct MachineInMemory final : settings::SettingAccess {
  std::map<std::string, Reading> values;
  std::string locked;  ///< it cannot be written
  Reading sticks;      ///< what any write makes of a value; absent: what is written
  int reads{0};
  int writes{0};

  Result<Reading> read(const settings::Target& target) override {
    ++reads;
    const auto found = values.find(target.arguments.at(0));
    if (found == values.end()) return Error{Errc::unsupported, 0, "this machine has no " + target.arguments.at(0)};
    return found->second;
  }
  Result<void> write(const settings::Target& target, const Reading& reading) override {
    if (locked == target.arguments.at(0)) return Error{Errc::not_permitted, 0, "locked"};
    ++writes;
    values[target.arguments.at(0)] = sticks ? sticks : reading;
    return {};
  }
};

inline settings::Setting settings_row(const char* name, Lifetime lifetime, const char* place, const char* wanted) {
  settings::Setting made;
  made.name = name;
  made.scope = settings::Scope::system;
  made.lifetime = lifetime;
  made.target = {Means::sys_file, {place}};
  made.wanted = {"", wanted};
  return made;
}

inline settings::Setting wired_limit_row() {
  auto made = settings_row("gpu-wired-limit", Lifetime::while_running, "iogpu.wired_limit_mb", "");
  made.target.means = Means::sysctl;
  return made;
}

inline settings::Setting told_row() {
  auto made = settings_row("compressor-mode", Lifetime::until_undone, "mode", "");
  made.why_not = "the kernel lets nobody";
  return made;
}

/// The keeper, its machine and a slow thread that works at once.
struct SettingsRig : TickRig {
  MachineInMemory machine;
  TempDir directory;
  std::vector<std::string> events;
  std::optional<SettingsKeeper> keeper;
  std::optional<Bytes> ram{Bytes{std::int64_t{32} << 30}};
  std::optional<Bytes> metal{Bytes{std::int64_t{21} << 30}};
  bool acts{true};
  bool posts{true};

  SettingsRig() {
    machine.values = {{"swappiness", Value{"", "60"}},
                      {"governor", Value{"", "powersave"}},
                      {"iogpu.wired_limit_mb", Value{"", "0"}},
                      {"mode", Value{"", "4"}}};
    decision.mode = Mode::active;
    start();
  }

  /// Another run of the daemon, the one before having been killed.
  void start() {
    keeper.emplace(SettingsKeeper::Parts{clock,
                                         directory.path(),
                                         machine,
                                         settings::System::linux,
                                         {settings_row("swappiness", Lifetime::until_undone, "swappiness", "10"),
                                          settings_row("governor", Lifetime::while_active, "governor", "performance"),
                                          settings_row("absent", Lifetime::while_active, "nowhere", "1"), wired_limit_row(), told_row()},
                                         BootId{"boot-1"},
                                         ram,
                                         acts,
                                         [this] { return metal; }});
    keeper->recover();
    keeper->connect(
        [this](const std::function<void()>& job) {
          if (posts) job();
          return posts;
        },
        [this](const decide::Reason& reason) { events.push_back(reason.text); });
    tick();
  }
  void tick(Duration after = std::chrono::seconds(1)) {
    TickRig::tick([this](const TickRecord& record) { keeper->note_tick(record); }, after);
  }
  void work(bool busy) {
    decision.working = busy ? "llama is busy" : "";
    tick();
  }
  std::string apply(const std::string& name) {
    const auto report = keeper->apply_setting(name, false);
    return report ? report->outcome : "error: " + report.error().what;
  }
  std::string undo(const std::string& name) {
    const auto report = keeper->undo_setting(name, false);
    return report ? report->outcome : "error: " + report.error().what;
  }
  std::string value(const std::string& place) { return machine.values.at(place)->text; }
  std::string journal() { return directory / "settings.json"; }
  std::size_t open() {
    return settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::read)
        .value().open_records().size();
  }
};

inline bool mentions(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace m1opt::test
