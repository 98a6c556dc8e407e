#pragma once

#include <string>

namespace m1opt::app {

enum class RunMode { daemon, guardian, recover, undo_settings, check_config, metal };

/// What the command line asked for, with the system's places filled in.
struct Options {
  RunMode mode{RunMode::daemon};
  std::string config;          ///< empty: the built-in default
  bool config_given{false};
  std::string socket;
  std::string state_directory;
  std::string log_file;        ///< "-" = standard error
  std::string sysroot;         ///< read everything from this tree and change nothing
  bool dry_run{false};
  bool debug{false};
  bool if_daemon_dead{false};  ///< recover: while a daemon runs only what is overdue
  bool stay_down{false};       ///< a refusal to start ends with 0: launchd starts all else again
  int guardian_socket{-1};

  /// Decides and reports, but changes nothing.
  [[nodiscard]] bool inert() const { return dry_run || !sysroot.empty(); }
};

/// The default places of this system (product: /etc, /var/lib or /var/db, /run or /var/run).
struct Places {
  std::string config;
  std::string socket;
  std::string state_directory;
  std::string log_file;
};
Places default_places();

}  // namespace m1opt::app
