#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/app.h"
#include "app/exit_code.h"
#include "app/metal_question.h"
#include "app/options.h"
#include "base/log.h"

namespace {

using m1opt::app::Options;
using m1opt::app::RunMode;
using m1opt::app::kRefused;
using m1opt::app::kUsage;

void add_places(CLI::App& app, Options& options) {
  app.add_option("--config", options.config, "Configuration file (conf.d/*.json beside it is read too)")
      ->capture_default_str();
  app.add_option("--socket", options.socket, "Unix socket to serve the API on")->capture_default_str();
  app.add_option("--state-dir", options.state_directory, "Directory for undo.db and locks")
      ->capture_default_str();
  app.add_option("--log-file", options.log_file, "Log file; - means standard error")
      ->capture_default_str();
}

/// Started without standard files, the next file opened, undo.db's lock for one, would get one of
/// their numbers, and what is printed would go into it.
void hold_standard_files() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
  }
}

int run(const Options& options) {
  switch (options.mode) {
    case RunMode::daemon: return m1opt::app::run_daemon(options);
    case RunMode::guardian: return m1opt::app::run_guardian(options);
    case RunMode::recover: return m1opt::app::run_recovery(options);
    case RunMode::undo_settings: return m1opt::app::run_undo_settings(options);
    case RunMode::check_config: return m1opt::app::run_config_check(options);
    case RunMode::metal: return m1opt::app::run_metal();
  }
  return kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_files();
  Options options;
  const auto places = m1opt::app::default_places();
  options.config = places.config;
  options.socket = places.socket;
  options.state_directory = places.state_directory;
  options.log_file = places.log_file;
  CLI::App app{"m1optd keeps local LLM inference fast and undoes everything it changed."};
  add_places(app, options);
  bool check = false;
  bool recover = false;
  bool undo_settings = false;
  bool metal = false;
  app.add_option("--sysroot", options.sysroot,
                 "Read everything from this tree instead of the machine, and change nothing");
  app.add_flag("--dry-run", options.dry_run, "Decide and report, but change nothing");
  app.add_flag("--check-config", check, "Check the configuration and exit (0 good, 6 faulty)");
  app.add_flag("--recover", recover, "Undo what an earlier run left, and exit");
  app.add_flag("--undo-settings", undo_settings,
               "Put back all settings of the system's that m1opt has changed, and exit");
  app.add_flag("--if-daemon-dead", options.if_daemon_dead,
               "With --recover: while a daemon runs, end only what is past its deadline");
  app.add_flag("--stay-down", options.stay_down,
               "Exit with 0 when it refuses to start, so that launchd does not start it again");
  app.add_flag("--debug", options.debug, "Log more");
  app.add_flag("--metal", metal, "Used by m1optd itself")->group("");
  app.add_option("--guardian", options.guardian_socket, "Used by m1optd itself")->group("");
  app.set_version_flag("--version", "m1optd " M1OPT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  options.config_given = app.count("--config") > 0;
  if (check) options.mode = RunMode::check_config;
  if (recover) options.mode = RunMode::recover;
  if (undo_settings) options.mode = RunMode::undo_settings;
  if (metal) options.mode = RunMode::metal;
  if (options.guardian_socket >= 0) options.mode = RunMode::guardian;
  if (options.sysroot == "/") {
    fmt::print(stderr, "m1optd: --sysroot / is the machine itself: leave it out, or use --dry-run\n");
    return kUsage;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "m1optd: {}\n", error.what());
    m1opt::base::flush_log();
    return options.mode == RunMode::daemon ? kRefused : 1;
  }
}
