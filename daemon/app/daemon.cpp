// The daemon's life from start to end, in order.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "act/executor.h"
#include "app/app.h"
#include "app/archive.h"
#include "app/exit_code.h"
#include "app/control_loop.h"
#include "app/history_keeper.h"
#include "app/instance_lock.h"
#include "app/journal_keeper.h"
#include "app/machine_facts.h"
#include "app/metal_question.h"
#include "app/prepare.h"
#include "app/run_history.h"
#include "app/settings_keeper.h"
#include "app/signals.h"
#include "app/trace_export.h"
#include "app/trace_recorder.h"
#include "app/trust.h"
#include "base/file.h"
#include "base/log.h"
#include "sense/protected.h"
#include "serve/server.h"
#include "settings/own_system.h"
#include "settings/tools.h"

namespace m1opt::app {

namespace {

std::string refusal_file(const Options& options) { return options.state_directory + "/refused.txt"; }

/// Says so once in the log, and leaves the reason where `m1optctl status` finds it, if nobody else
/// can write there. launchd knows no exit status that means "not again" but success.
int refuse(const Options& options, const std::string& reason) {
  log_error("refused to start: {}", reason);
  if (options.log_file != "-") fmt::print(stderr, "m1optd: refused to start: {}\n", reason);
  if (check_own_directory(options.state_directory)) {
    (void)write_file_atomic(refusal_file(options), reason + "\n", 0644);
  }
  return options.stay_down ? 0 : kRefused;
}

Mode own_mode(const Options& options) {
  if (!options.sysroot.empty()) return Mode::sysroot;
  return options.dry_run ? Mode::dry_run : Mode::active;
}

std::string make_epoch(WallTime started) {
  return fmt::format("{:x}", milliseconds_of(started));
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

SettingsKeeper::Parts make_settings_parts(const Options& options, const Clock& clock, settings::Tools& tools,
                                          settings::SettingAccess& access, const BootId& boot) {
  SettingsKeeper::Parts parts{clock,
                              options.state_directory,
                              access,
                              settings::own_system(),
                              {},
                              boot,
                              read_machine_facts(options.sysroot).memory,
                              !options.inert() && !boot.value.empty(),
                              [&tools] { return ask_metal(tools); }};
  for (const settings::Setting& row : settings::table(parts.system)) {
    if (row.scope == settings::Scope::system) parts.rows.push_back(row);
  }
  return parts;
}

/// Runs until told to stop; the parts are built here so that they end in the
/// opposite order.
int serve_until_stopped(const Options& options, ConfigStore& config, const Result<BootId>& booted,
                        Fd instance_lock) {
  const SystemClock clock;
  const WallTime started = clock.wall();
  auto control = platform::make_process_control();
  auto table = platform::make_process_table(options.sysroot);
  const BootId boot = booted ? *booted : BootId{};
  RunMark run_mark(options.state_directory);
  decide::SafeState safe;
  // Without the name of the boot nothing is begun anyhow. Before anything is undone, which may be
  // what ended the runs before.
  if (booted && !options.inert()) safe = run_mark.begin(boot, clock.now(), config.config()->limits);
  JournalKeeper keeper({options, booted, *control, *table, clock, std::move(instance_lock)});
  std::vector<Problem> machine_problems;
  const MachineReading machine = platform::read_machine(options.sysroot, machine_problems);
  // Forks to try things on a child, so before there are threads.
  auto capabilities =
      options.inert() ? std::vector<Capability>{} : platform::probe_capabilities();

  const auto blocker = platform::make_sleep_blocker(check_trusted);
  if (!options.inert()) capabilities.push_back(blocker->probe());
  auto sleep = platform::open_sleep_watch();
  if (!options.inert()) capabilities.push_back(platform::capability_of(sleep));

  act::GuardianLink guardian({platform::self_executable(), options.state_directory,
                              guardian_log_file(options.log_file)});
  act::Executor executor({*control, *table, keeper.journal(), guardian, boot,
                          options.state_directory, options.inert()});
  EventLog events(make_epoch(started));
  HistoryKeeper history(clock, options.sysroot.empty() ? options.state_directory + "/history.db" : "");
  events.keep_with([&history](const Event& event) { history.note_event(event); });
  if (safe.active) {
    events.add(clock.wall(), {EventKind::safe_mode, Severity::error,
                              "m1opt only observes and begins nothing: " + safe.why, {}, {}, {}});
  }
  Board board(clock, events);
  SlowWorker slow(make_slow_jobs(clock, options.sysroot, !options.inert()),
                  [&board] { board.wake(); });
  const auto post = [&slow](auto work) { return slow.post(std::move(work)); };
  const auto trace_store = std::make_shared<TraceStore>(options.state_directory);
  TraceRecorder trace({trace_store, post, events, machine, make_epoch(started)});
  TraceExport trace_export(trace_store);
  history.connect(post, [&](const decide::Reason& reason) { events.add(clock.wall(), reason); });
  const auto tools = settings::make_tools();
  const auto access = settings::make_access(*tools);
  SettingsKeeper system_settings(make_settings_parts(options, clock, *tools, *access, boot));
  system_settings.recover();
  system_settings.connect(post, [&](const decide::Reason& reason) { events.add(clock.wall(), reason); });
  Archive archive(trace_export, history, system_settings);
  board.set_archive(archive, post);
  std::vector<TickObserver*> observers{&history, &system_settings};
  // A copy of a machine is no course of readings.
  if (options.sysroot.empty()) observers.push_back(&trace);
  board.set_self_test([&slow](auto done) { return slow.self_test(std::move(done)); });
  sense::Sampler sampler = make_sampler(options, *table, clock, slow.has_hardware());

  ControlLoop loop({clock, sampler, *table, executor, guardian, keeper, config, board, events, slow,
                    *blocker, sleep ? std::move(*sleep) : nullptr, boot, machine, machine_problems,
                    capabilities, started, own_mode(options), safe, &run_mark, observers,
                    ServiceWatchdog(std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC"),
                                    std::getenv("WATCHDOG_PID"))});
  loop.tick();  // so that the first answer has a snapshot
  serve::ServerOptions serving;
  serving.socket_path = options.socket;
  serving.check_directory = check_own_directory;
  serving.describe_process = serve::make_process_description(
      options.sysroot, [](const std::string& path) {
        return std::string(sense::protected_program(path).value_or(""));
      });
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
  system_settings.finish();
  trace.flush();
  history.finish();
  guardian.drop();
  run_mark.end();
  slow.stop();  // the last, since it may wait for a disk
  const bool settled = system_settings.end();
  flush_log();
  return clean && settled ? 0 : kFailure;
}

}  // namespace

int run_daemon(const Options& options) {
  catch_signals();
  ::umask(022);
  // The log first: whatever is refused after that is said there too.
  if (auto log = prepare_log(options); !log) {
    Options without_file = options;
    without_file.log_file = "-";
    return refuse(without_file, log.error().what);
  }
  if (auto program = check_trusted(platform::self_executable()); !program) {
    return refuse(options, "its own program: " + program.error().what);
  }
  if (auto places = prepare_places(options); !places) return refuse(options, places.error().what);
  if (platform::is_translated()) {
    return refuse(options, "this is the program for Intel, run by Rosetta: install the one for arm64");
  }
  auto instance = acquire_instance_lock(options.state_directory);
  if (!instance) {
    fmt::print(stderr, "m1optd: {}\n", instance.error().what);
    return kFailure;
  }
  ConfigStore config(options, [&] { return read_machine_facts(options.sysroot); });
  if (auto loaded = config.load(SystemClock().wall()); !loaded) {
    return refuse(options, "the configuration is faulty:\n" + loaded.error().what);
  }
  std::error_code ignored;
  std::filesystem::remove(refusal_file(options), ignored);
  return serve_until_stopped(options, config, platform::read_boot_id(options.sysroot),
                             std::move(*instance));
}

int run_config_check(const Options& options) {
  ConfigStore config(options, [&] { return read_machine_facts(options.sysroot); });
  auto loaded = config.load(SystemClock().wall());
  if (!loaded) {
    fmt::print(stderr, "{}\n", loaded.error().what);
    return kConfigInvalid;
  }
  fmt::print("{}: good, with the profile {} ({})\n", config.status().path, config.status().profile,
             config.status().profile_reason);
  return 0;
}

}  // namespace m1opt::app
