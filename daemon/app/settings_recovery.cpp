#include "app/settings_recovery.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::app {

using settings::Outcome;
using settings::SettingsJournal;

bool is_bound(settings::Lifetime lifetime) {
  switch (lifetime) {
    case settings::Lifetime::while_active:
    case settings::Lifetime::while_running: return true;
    case settings::Lifetime::until_undone:
    case settings::Lifetime::until_reboot: return false;
  }
  return false;
}

bool SettingsRecovery::complete() const {
  return !fault && std::none_of(reports.begin(), reports.end(),
                                [](const auto& report) { return report.outcome == Outcome::failed; });
}

bool SettingsRecovery::lacks_rights() const {
  return std::any_of(reports.begin(), reports.end(), [](const auto& report) {
    return report.outcome == Outcome::failed && report.code == Errc::not_permitted;
  });
}

SettingsRecovery recover_settings(const std::string& state_directory, settings::SettingAccess& access,
                                  const Clock& clock, const BootId& boot, Extent extent) {
  SettingsRecovery recovery;
  const auto seen = SettingsJournal::open(state_directory, SettingsJournal::Use::read);
  if (seen && seen->open_records().empty()) return recovery;
  auto journal = SettingsJournal::open(state_directory, SettingsJournal::Use::write);
  if (!journal) {
    recovery.fault = journal.error();
    return recovery;
  }
  settings::Engine engine(access, *journal, clock, boot);
  recovery.reports = engine.recover();
  auto undone = engine.undo([&](const settings::Record& record) {
    return extent == Extent::everything || is_bound(record.lifetime);
  });
  for (auto& report : undone) recovery.reports.push_back(std::move(report));
  return recovery;
}

std::string text_of(const settings::Report& report) {
  std::string text = fmt::format("{}: {}", report.setting, settings::to_string(report.outcome));
  if (report.after) text += ", now " + settings::text_of(report.after);
  if (!report.text.empty()) text += ": " + report.text;
  return text;
}

}  // namespace m1opt::app
