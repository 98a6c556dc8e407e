// The lives that only undo: guardian, recovery, and the end of all settings.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "act/guardian.h"
#include "act/recovery.h"
#include "app/app.h"
#include "app/exit_code.h"
#include "app/instance_lock.h"
#include "app/setting_wishes.h"
#include "app/settings_recovery.h"
#include "base/fault.h"
#include "base/log.h"
#include "platform/platform.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

namespace {

void print_outcome(const Outcome& outcome) {
  fmt::print("{}: {} (pid {}), record {}: {}\n", boost::describe::enum_to_string(outcome.code, "?"),
             outcome.target, outcome.process.pid, outcome.record, outcome.text);
}

/// On a full or read-only file system, and out of a damaged journal, what is stopped is freed all the
/// same; `damage` says what was found.
Result<act::RecoveryReport> undo_all(const std::string& directory, const BootId& boot, bool daemon_alive,
                                     std::string& damage) {
  using journal::UndoJournal;
  const std::string path = directory + "/undo.db";
  const auto control = platform::make_process_control();
  const auto table = platform::make_process_table("");
  const auto undo = [&](Result<UndoJournal> journal) -> Result<act::RecoveryReport> {
    if (!journal) return journal.error();
    return act::recover(*journal, *control, *table, boot, SystemClock().now(), directory, daemon_alive);
  };
  auto report = undo(UndoJournal::open(path, UndoJournal::IfAbsent::fail));
  if (report) return report;
  const Error& error = report.error();
  if (error.code != Errc::io && error.code != Errc::parse) return report;
  fmt::print(stderr, "m1optd: {}; it is only read\n", error.what);
  return undo(UndoJournal::open_to_read(path, &damage));
}

/// `if_dead`: who asks does so again and again, and is told nothing while a daemon lives that has no fault.
int tell_report(const act::RecoveryReport& report, const std::string& damage, bool daemon_alive, bool if_dead) {
  const bool quiet = daemon_alive && if_dead;
  for (const Outcome& outcome : report.outcomes) print_outcome(outcome);
  for (const RecordId id : report.unreadable) {
    fmt::print(stderr, "m1optd: the undo journal is damaged: record {} cannot be read; it is kept\n", id);
  }
  if (!damage.empty()) {
    fmt::print(stderr, "m1optd: the undo journal is damaged ({}); only what can be read whole of it is put back."
                       " The next start of m1optd replaces it\n", damage);
  } else if (!quiet && report.outcomes.empty() && report.unreadable.empty()) {
    fmt::print("nothing is held\n");
  }
  if (daemon_alive && !quiet) {
    fmt::print("m1optd is running and keeps its own holds; m1optctl resume --all ends them\n");
  }
  if (report.unclosed) {
    fmt::print(stderr, "m1optd: the journal cannot be told: {}\n", report.unclosed->what);
    return kFailure;
  }
  if (report.lacks_rights()) return kNotPermitted;
  return report.complete() && damage.empty() ? 0 : kFailure;
}

}  // namespace

int run_guardian(const Options& options) {
  (void)start_log(options.log_file, LogLevel::info);
  auto boot = platform::read_boot_id("");
  if (!boot) {
    log_error("guardian: {}", boot.error().what);
    return kFailure;
  }
  auto control = platform::make_process_control();
  auto table = platform::make_process_table("");
  const SystemClock clock;
  act::Guardian guardian({options.guardian_socket, options.state_directory}, *control, *table, clock,
                         *boot);
  return guardian.run();
}

namespace {

int recover_holds(const Options& options) {
  const std::string path = options.state_directory + "/undo.db";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) {  // it may well be there
      fmt::print(stderr, "m1optd: look for {}: {}\n", path, error.message());
      return error == std::errc::permission_denied ? kNotPermitted : kFailure;
    }
    fmt::print("nothing to recover: there is no {}\n", path);
    return 0;
  }
  auto lock = acquire_recovery_lock(options.state_directory);
  const bool daemon_alive = !lock && lock.error().code == Errc::busy;
  if (!lock && !daemon_alive) {
    fmt::print(stderr, "m1optd: {}\n", lock.error().what);
    return lock.error().code == Errc::not_permitted ? kNotPermitted : kFailure;
  }
  const auto boot = platform::read_boot_id("");
  if (!boot) {
    fmt::print(stderr, "m1optd: {}\n", boot.error().what);
    return kFailure;
  }
  std::string damage;
  const auto report = undo_all(options.state_directory, *boot, daemon_alive, damage);
  if (!report) {
    const bool damaged = report.error().code == Errc::parse;
    fmt::print(stderr, "m1optd: {}{}\n", damaged ? "nothing of the damaged undo journal can be read: " : "",
               report.error().what);
    return kFailure;
  }
  return tell_report(*report, damage, daemon_alive, options.if_daemon_dead);
}

int tell_failure(const Error& error) {
  fmt::print(stderr, "m1optd: {}\n", error.what);
  return error.code == Errc::not_permitted ? kNotPermitted : kFailure;
}

/// Not while a daemon runs: its settings are its own.
int put_back_settings(const Options& options, Extent extent) {
  const auto booted = platform::read_boot_id("");
  if (!booted) return tell_failure(booted.error());
  const auto tools = settings::make_tools();
  const auto access = settings::make_access(*tools);
  const auto recovery =
      recover_settings(options.state_directory, *access, SystemClock(), *booted, extent);
  for (const settings::Report& report : recovery.reports) fmt::print("{}\n", text_of(report));
  if (recovery.fault) return tell_failure(*recovery.fault);
  if (recovery.lacks_rights()) return kNotPermitted;
  return recovery.complete() ? 0 : kFailure;
}

bool has_settings(const Options& options) {
  using settings::SettingsJournal;
  const auto journal = SettingsJournal::open(options.state_directory, SettingsJournal::Use::read);
  return !journal || !journal->open_records().empty();
}

}  // namespace

int run_recovery(const Options& options) {
  fault_role("recovery");
  const int holds = recover_holds(options);
  if (holds == kNotPermitted || !has_settings(options)) return holds;
  const auto lock = acquire_recovery_lock(options.state_directory);
  if (!lock) return lock.error().code == Errc::busy ? holds : tell_failure(lock.error());
  const int status = put_back_settings(options, Extent::bound);
  return holds != 0 ? holds : status;
}

int run_undo_settings(const Options& options) {
  fault_role("recovery");
  const SettingWishes wishes(options.state_directory);
  if (!has_settings(options)) {
    fmt::print("m1opt has changed no settings of the system's\n");
  } else {
    const auto lock = acquire_recovery_lock(options.state_directory);
    if (!lock && lock.error().code == Errc::busy) {
      fmt::print(stderr, "m1optd: a daemon runs and has them: sudo m1optctl tune undo --all\n");
      return kFailure;
    }
    if (!lock) return tell_failure(lock.error());
    if (const int status = put_back_settings(options, Extent::everything); status != 0) return status;
  }
  if (const auto forgotten = wishes.save({}); !forgotten) return tell_failure(forgotten.error());
  return 0;
}

}  // namespace m1opt::app
