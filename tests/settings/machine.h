#pragma once

#include <string>
#include <vector>

#include "base/fault.h"
#include "settings/engine.h"
#include "support/fake_clock.h"
#include "support/temp_dir.h"

namespace m1opt::test {

/// A machine of one setting, in memory, and the journal of who changes it, on disk.
class OneSetting final : public settings::SettingAccess {
 public:
  settings::Reading value;
  bool refuses{false};  ///< a write is an error
  bool ignores{false};  ///< a write is taken and not done
  bool hidden{false};   ///< a read is an error
  bool hides{false};    ///< from the first write on
  settings::Reading sticks;  ///< what any write makes of it; absent: what is written
  int writes{0};

  base::Result<settings::Reading> read(const settings::Target&) override {
    if (hidden) return base::Error{base::Errc::not_permitted, 0, "cannot be read"};
    return value;
  }
  base::Result<void> write(const settings::Target&, const settings::Reading& reading) override {
    if (refuses) return base::Error{base::Errc::not_permitted, 0, "may not be written"};
    ++writes;
    if (!ignores) value = sticks ? sticks : reading;
    hidden = hidden || hides;
    return {};
  }
};

/// One program that changes settings: it begins anew with each call, from what is on the disk.
class Machine {
 public:
  OneSetting there;
  TempDir directory;
  FakeClock clock;
  std::string boot{"boot-1"};

  settings::Report apply(const settings::Setting& row) {
    auto journal = open();
    return engine(journal).apply(row);
  }
  std::vector<settings::Report> undo() {
    auto journal = open();
    return engine(journal).undo();
  }
  std::vector<settings::Report> recover() {
    auto journal = open();
    return engine(journal).recover();
  }
  std::vector<settings::Record> records() { return open().records(); }
  std::size_t open_records() { return open().open_records().size(); }
  settings::Report verify() {
    auto journal = open();
    return engine(journal).verify(journal.open_records().at(0));
  }

  settings::SettingsJournal open() {
    return settings::SettingsJournal::open(directory.path(), settings::SettingsJournal::Use::write).value();
  }
  settings::Engine engine(settings::SettingsJournal& journal) {
    return {there, journal, clock, base::BootId{boot}};
  }
};

#ifdef M1OPT_FAULT_POINTS
struct Crash {};

/// Names of the crash points that `work` comes by, in order.
template <class Work>
std::vector<std::string> points_of(const Work& work) {
  std::vector<std::string> points;
  base::fault_hook([&points](const char* name) { points.emplace_back(name); });
  work();
  base::fault_hook({});
  return points;
}

/// Does `work` until it comes by `point`, and there it ends, as by a kill.
template <class Work>
bool crash_at(const std::string& point, const Work& work) {
  bool crashed = false;
  base::fault_hook([&point](const char* name) {
    if (point == name) throw Crash{};
  });
  try {
    work();
  } catch (const Crash&) {
    crashed = true;
  }
  base::fault_hook({});
  return crashed;
}
#endif

/// Every row that can be changed, of both systems; a value that the machine decides is given.
inline std::vector<settings::Setting> changing_rows() {
  std::vector<settings::Setting> rows;
  for (const auto system : {settings::System::macos, settings::System::linux}) {
    for (settings::Setting row : settings::table(system)) {
      if (row.wanted.text.empty()) row.wanted.text = "24576";
      if (row.changes()) rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Of the same type and not what is wanted.
inline settings::Value another_value(const settings::Value& wanted) {
  if (wanted.type == "boolean") return {"boolean", wanted.text == "true" ? "false" : "true"};
  if (wanted.type == "float") return {"float", "0.35"};
  if (wanted.type == "variant") return {"variant", wanted.text == "false" ? "true" : "['/home']"};
  return {wanted.type, wanted.text + "1"};
}

struct Beginning {
  const char* name;
  settings::Reading value;
};
/// How a setting may be found.
inline std::vector<Beginning> beginnings(const settings::Setting& row) {
  return {{"absent", {}},
          {"the same value", row.wanted},
          {"another value", another_value(row.wanted)},
          {"another type", settings::Value{"string", "YES & <no>"}},
          {"no scalar", settings::Value{"array", "<array><string>a</string></array>"}}};
}

}  // namespace m1opt::test
