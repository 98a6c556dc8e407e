#pragma once

#include "app/options.h"

namespace m1opt::app {

/// The lives of the program; each returns an exit code: 0 ok, 1 failure,
/// 4 not permitted, 6 config invalid, 78 refused to start (EX_CONFIG).
int run_daemon(const Options& options);
int run_guardian(const Options& options);
int run_recovery(const Options& options);
int run_undo_settings(const Options& options);
int run_config_check(const Options& options);

}  // namespace m1opt::app
