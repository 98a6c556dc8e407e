#include "client/tune/own_part.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "client/user_files.h"
#include "platform/platform.h"
#include "settings/own_system.h"

namespace m1opt::client::tune {
namespace {

/// What defaults, gsettings and dconf need to find this user's settings: the home, the session's bus,
/// and where a desktop keeps its schemas. LC_ALL: what they say is compared.
std::vector<std::string> environment() {
  std::vector<std::string> words{"LC_ALL=C.UTF-8"};
  for (const char* name : {"HOME", "USER", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                           "XDG_DATA_DIRS", "GSETTINGS_SCHEMA_DIR", "DCONF_PROFILE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) words.push_back(fmt::format("{}={}", name, value));
  }
  return words;
}

Failure failure_of(const base::Error& error) {
  const bool permitted = error.code != base::Errc::not_permitted;
  return {permitted ? exit_code::kFailure : exit_code::kNotPermitted, error.what, ""};
}

base::BootId boot_id() {
  const auto boot = platform::read_boot_id("");
  return boot ? *boot : base::BootId{};
}

bool is_meant(const std::vector<std::string>& names, const os::Record& record) {
  return names.empty() || std::find(names.begin(), names.end(), record.setting) != names.end();
}

/// The row as it is now; of a version that had it, what the record knows.
os::Setting setting_of(const os::Record& record) {
  const os::Setting* row = os::find(os::own_system(), record.setting);
  os::Setting setting = row != nullptr ? *row : os::Setting{};
  setting.name = record.setting;
  return setting;
}

}  // namespace

bool is_root_by_sudo() {
  const char* uid = std::getenv("SUDO_UID");
  return ::geteuid() == 0 && uid != nullptr && std::string_view(uid) != "0";
}

OwnPart::OwnPart(os::SettingsJournal journal)
    : tools_(os::make_tools(environment())),
      access_(os::make_access(*tools_)),
      clock_(std::make_unique<base::SystemClock>()),
      journal_(std::make_unique<os::SettingsJournal>(std::move(journal))),
      engine_(std::make_unique<os::Engine>(*access_, *journal_, *clock_, boot_id())) {}

Expected<OwnPart> OwnPart::open(Use use) {
  if (is_root_by_sudo()) {
    return Failure{exit_code::kNotPermitted, "these are the user's own, and this is root", "Run it without sudo"};
  }
  auto journal = os::SettingsJournal::open(data_directory(), use);
  if (!journal) return failure_of(journal.error());
  OwnPart part(std::move(*journal));
  if (use == Use::write) part.engine_->recover();
  return part;
}

Row OwnPart::plan(const os::Setting& setting) { return row_of(setting, engine_->plan(setting)); }
Row OwnPart::apply(const os::Setting& setting) { return row_of(setting, engine_->apply(setting)); }

std::vector<Row> OwnPart::undo(const std::vector<std::string>& names, bool dry_run) {
  std::vector<Row> rows;
  for (const os::Record& record : journal_->open_records()) {
    if (!is_meant(names, record)) continue;
    if (!dry_run) {
      for (const os::Report& report : engine_->undo([&](const os::Record& each) { return each.id == record.id; })) {
        rows.push_back(row_of(setting_of(record), report));
      }
      continue;
    }
    Row row = row_of(setting_of(record), engine_->verify(record));
    row.before = row.after;
    if (row.outcome == "observed") {
      row.outcome = "would";
      row.after = record.before;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> OwnPart::verify(const std::vector<std::string>& names) {
  std::vector<Row> rows;
  for (const os::Record& record : journal_->open_records()) {
    if (!is_meant(names, record)) continue;
    Row row = row_of(setting_of(record), engine_->verify(record));
    if (row.outcome == "changed") row.exit_status = exit_code::kDegraded;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace m1opt::client::tune
