// The daemon's life from start to end, in order.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "act/executor.h"
#include "act/recovery.h"
#include "app/app.h"
#include "app/exit_code.h"
#include "app/control_loop.h"
#include "app/instance_lock.h"
#include "app/run_history.h"
#include "app/signals.h"
#include "app/trust.h"
#include "base/file.h"
#include "base/log.h"
#include "serve/server.h"

namespace m1opt::app {

namespace {

constexpr unsigned kPrivate = 0700;
constexpr unsigned kLogDirectoryMode = 0755;

std::string refusal_file(const Options& options) { return options.state_directory + "/refused.txt"; }

/// Leaves the reason where `m1optctl status` finds it. launchd knows no exit status that means
/// "not again" but success.
int refuse(const Options& options, const std::string& reason) {
  fmt::print(stderr, "m1optd: refused to start: {}\n", reason);
  log_error("refused to start: {}", reason);
  (void)write_file_atomic(refusal_file(options), reason + "\n", 0644);
  return options.stay_down ? 0 : kRefused;
}

/// Everything the daemon reads orders from or writes to as root.
Result<void> check_places(const Options& options) {
  if (auto made = make_directory(options.state_directory, kPrivate); !made) return made;
  if (auto trusted = check_trusted(options.state_directory); !trusted) return trusted;
  const auto directory_of = [](const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
  };
  if (options.log_file != "-") {
    if (auto made = make_directory(directory_of(options.log_file), kLogDirectoryMode); !made) {
      return made;
    }
    if (auto trusted = check_trusted(options.log_file); !trusted) return trusted;
  }
  return check_trusted(directory_of(options.socket));
}

/// The journal, or what stands against using it. What an earlier run left is undone here,
/// before the first tick and before anybody can ask for anything.
struct OpenedJournal {
  std::optional<journal::UndoJournal> journal;
  std::optional<Obstacle> obstacle;
  std::vector<decide::Reason> reasons;
};

OpenedJournal open_journal(const Options& options, const BootId& boot,
                           platform::ProcessControl& control, platform::ProcessTable& table) {
  OpenedJournal opened;
  const auto note = [&](EventKind kind, Severity severity, const std::string& text) {
    opened.reasons.push_back({kind, severity, text, {}, {}, {}});
  };
  std::string set_aside;
  auto journal =
      journal::UndoJournal::open_or_set_aside(options.state_directory + "/undo.db", set_aside);
  if (!set_aside.empty()) {
    note(EventKind::recovered, Severity::error,
         "the undo journal was damaged; it is kept as " + set_aside);
  }
  if (!journal) {
    opened.obstacle = {
        "the undo journal cannot be used, so nothing is changed: " + journal.error().what,
        "mend or remove undo.db in the state directory, then restart m1optd"};
    return opened;
  }
  if (!options.inert()) {
    auto report = act::recover(*journal, control, table, boot, SystemClock().now(),
                               options.state_directory, false);
    if (!report) {
      opened.obstacle = {"what an earlier run left could not be undone, so nothing is changed: " +
                             report.error().what,
                         "sudo m1optctl recover, then restart m1optd"};
      return opened;
    }
    for (const Outcome& outcome : report->outcomes) {
      note(EventKind::recovered, Severity::warning,
           fmt::format("left by an earlier run: record {} ({} pid {}): {}: {}", outcome.record,
                       outcome.target, outcome.process.pid,
                       boost::describe::enum_to_string(outcome.code, "?"), outcome.text));
    }
    if (!report->complete()) {
      opened.obstacle = {"a record of an earlier run is still open, so nothing is changed",
                         "sudo m1optctl recover tells which; then restart m1optd"};
    }
  }
  opened.journal.emplace(std::move(*journal));
  return opened;
}

/// Records belong to a boot: without its name none can be told from one of an
/// earlier boot, so none is written or undone.
OpenedJournal without_journal(const Error& error) {
  OpenedJournal opened;
  opened.obstacle = {
      "this boot of the machine cannot be told from others, so nothing is changed: " + error.what,
      "the system does not tell its boot id (Linux: /proc/sys/kernel/random/boot_id, macOS: sysctl "
      "kern.bootsessionuuid); undo.db is not at fault. Once it does, restart m1optd"};
  return opened;
}

Mode own_mode(const Options& options) {
  if (!options.sysroot.empty()) return Mode::sysroot;
  return options.dry_run ? Mode::dry_run : Mode::active;
}

std::string make_epoch(WallTime started) {
  return fmt::format(
      "{:x}",
      std::chrono::duration_cast<std::chrono::milliseconds>(started.point.time_since_epoch()).count());
}

sense::Sampler make_sampler(const Options& options, platform::ProcessTable& table,
                            const Clock& clock, bool hardware_apart) {
  sense::SamplerOptions sampling;
  sampling.hardware_apart = hardware_apart;
  sampling.sensors = platform::make_sensors(options.sysroot);
  sampling.own_pid = ::getpid();
  sampling.own_uid = ::geteuid();
  sense::use_system_accounts(sampling);
  return {std::move(sampling), table, clock};
}

/// Runs until told to stop; the parts are built here so that they end in the
/// opposite order.
int serve_until_stopped(const Options& options, ConfigStore& config, const Result<BootId>& booted) {
  const SystemClock clock;
  const WallTime started = clock.wall();
  auto control = platform::make_process_control();
  auto table = platform::make_process_table(options.sysroot);
  const BootId boot = booted ? *booted : BootId{};
  RunMark run_mark(options.state_directory);
  decide::SafeState safe;
  // Without the name of the boot nothing is begun anyhow.
  if (booted && !options.inert()) safe = run_mark.begin(boot, clock.now(), config.config()->limits);
  OpenedJournal opened = booted ? open_journal(options, boot, *control, *table)
                                : without_journal(booted.error());
  if (!opened.journal) {
    // A journal in memory keeps the parts whole; with an obstacle nothing is ever changed.
    auto memory = journal::UndoJournal::open(":memory:");
    if (!memory) return refuse(options, memory.error().what);
    opened.journal.emplace(std::move(*memory));
  }
  std::vector<Problem> machine_problems;
  const MachineReading machine = platform::read_machine(options.sysroot, machine_problems);
  // Forks to try things on a child, so before there are threads.
  auto capabilities =
      options.inert() ? std::vector<Capability>{} : platform::probe_capabilities();

  act::GuardianLink guardian({platform::self_executable(), options.state_directory, options.log_file});
  act::Executor executor({*control, *table, *opened.journal, guardian, boot, options.state_directory,
                          options.inert() || opened.obstacle.has_value()});
  EventLog events(make_epoch(started));
  for (const decide::Reason& reason : opened.reasons) events.add(clock.wall(), reason);
  if (safe.active) {
    events.add(clock.wall(), {EventKind::safe_mode, Severity::error,
                              "m1opt only observes and begins nothing: " + safe.why, {}, {}, {}});
  }
  Board board(clock, events);
  SlowWorker slow(make_slow_jobs(clock, options.sysroot, !options.inert() && !opened.obstacle),
                  [&board] { board.wake(); });
  board.set_self_test([&slow](auto done) { return slow.self_test(std::move(done)); });
  sense::Sampler sampler = make_sampler(options, *table, clock, slow.has_hardware());

  ControlLoop loop({clock, sampler, *table, executor, guardian, *opened.journal, config, board,
                    events, slow, boot, machine, machine_problems, capabilities, started,
                    own_mode(options), safe, opened.obstacle});
  loop.tick();  // so that the first answer has a snapshot
  serve::ServerOptions serving;
  serving.socket_path = options.socket;
  serve::Server server(board, std::move(serving));
  if (auto serve_started = server.start(); !serve_started) {
    fmt::print(stderr, "m1optd: {}\n", serve_started.error().what);
    log_error("{}", serve_started.error().what);
    run_mark.end();
    return kFailure;
  }
  slow.start();
  const bool clean = loop.run();
  server.stop();
  slow.stop();
  guardian.drop();
  run_mark.end();
  flush_log();
  return clean ? 0 : kFailure;
}

}  // namespace

int run_daemon(const Options& options) {
  catch_signals();
  ::umask(022);
  if (auto places = check_places(options); !places) return refuse(options, places.error().what);
  if (platform::is_translated()) {
    return refuse(options, "this is the program for Intel, run by Rosetta: install the one for arm64");
  }
  auto instance = acquire_instance_lock(options.state_directory);
  if (!instance) {
    fmt::print(stderr, "m1optd: {}\n", instance.error().what);
    return kFailure;
  }
  if (auto log = start_log(options.log_file, options.debug ? LogLevel::debug : LogLevel::info); !log) {
    return refuse(options, log.error().what);
  }
  ConfigStore config(options);
  if (auto loaded = config.load(SystemClock().wall()); !loaded) {
    return refuse(options, "the configuration is faulty:\n" + loaded.error().what);
  }
  std::error_code ignored;
  std::filesystem::remove(refusal_file(options), ignored);
  return serve_until_stopped(options, config, platform::read_boot_id(options.sysroot));
}

int run_config_check(const Options& options) {
  ConfigStore config(options);
  auto loaded = config.load(SystemClock().wall());
  if (!loaded) {
    fmt::print(stderr, "{}\n", loaded.error().what);
    return kConfigInvalid;
  }
  fmt::print("{}: good\n", config.status().path);
  return 0;
}

}  // namespace m1opt::app
