#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

/// Answers about the settings of the system's that the daemon can change and put back.
namespace m1opt::wire {

using namespace m1opt::base;

/// As the tool that keeps it names and prints it; a null value is a key that is not there.
struct SettingValue {
  std::string type;  ///< empty where the tool has no types
  std::string text;

  bool operator==(const SettingValue&) const = default;
};
BOOST_DESCRIBE_STRUCT(SettingValue, (), (type, text))

/// One row of the table, and how it stands on this machine.
struct SettingStatus {
  std::string name;
  std::string group;
  std::string level;     ///< the lowest profile that takes it; empty: only by name
  std::string lifetime;  ///< "until_undone", "while_active", "while_running", "until_reboot"
  std::string does;
  std::string needs;
  std::string cost;
  std::string gain;
  std::string evidence;  ///< "measured", "reported", "none"
  std::string why_not;   ///< set: it is only reported
  std::optional<SettingValue> value;   ///< now; null: not set, or not read: `problem` tells which
  std::optional<SettingValue> wanted;  ///< what apply would set; null: nothing is to be set
  std::string problem;                 ///< why it could not be read; empty: it was
  bool wished{false};   ///< the daemon sets it by itself when its time comes, and puts it back
  std::optional<std::uint64_t> record;  ///< open: m1opt has changed it
  std::optional<SettingValue> before;   ///< of the open record: what undo brings back; null: absence, or no record
  std::optional<SettingValue> set;      ///< of the open record: what m1opt set
};
BOOST_DESCRIBE_STRUCT(SettingStatus, (),
                      (name, group, level, lifetime, does, needs, cost, gain, evidence, why_not,
                       value, wanted, problem, wished, record, before, set))

struct SettingsDocument {
  std::string schema{"m1opt.settings/1"};
  std::string system;                ///< "macos", "linux"
  std::optional<std::string> fault;  ///< why nothing can be changed; null: it can
  /// Each row; then what an earlier version has changed and this one has no row for.
  std::vector<SettingStatus> settings;
};
BOOST_DESCRIBE_STRUCT(SettingsDocument, (), (schema, system, fault, settings))

/// One change, kept after it was undone too.
struct SettingRecord {
  std::uint64_t id{0};
  std::string setting;
  std::string lifetime;
  std::optional<SettingValue> before;
  std::optional<SettingValue> set;
  WallTime time;
  std::optional<WallTime> ended;  ///< null: open
  bool open{false};
  std::string fate;  ///< "asked", "observed", "undone", "not_taken", "changed", "failed"
  std::string text;
};
BOOST_DESCRIBE_STRUCT(SettingRecord, (),
                      (id, setting, lifetime, before, set, time, ended, open, fate, text))

struct SettingsHistoryDocument {
  std::string schema{"m1opt.settings_history/1"};
  std::vector<SettingRecord> records;  ///< oldest first, the last 200 that are closed and all open ones
};
BOOST_DESCRIBE_STRUCT(SettingsHistoryDocument, (), (schema, records))

/// What became of one row.
struct SettingReport {
  std::string schema{"m1opt.setting/1"};
  std::string setting;
  bool dry_run{false};  ///< nothing was changed: asked for, or the daemon runs with --dry-run
  /// Done or nothing to do: "would", "already", "observed", "undone", "wished", "unwished". "not_taken": as before, since
  /// the system did not take it. "changed": somebody changed it since, left as it is. "failed": it may have been
  /// changed, and could not be put back or not be told.
  std::string outcome;
  std::string code;     ///< of "not_taken" and "failed": "not_permitted", "unsupported", "io" ...; empty: it went well
  std::optional<SettingValue> before;
  std::optional<SettingValue> after;  ///< read back, null where it was not; with "would" what would be set
  std::string text;
};
BOOST_DESCRIBE_STRUCT(SettingReport, (), (schema, setting, dry_run, outcome, code, before, after, text))

}  // namespace m1opt::wire
