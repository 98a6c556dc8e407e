#pragma once

/// The exit status of every verb but `run`, which passes on its command's.
namespace m1opt::client::exit_code {

inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotRunning = 3;
inline constexpr int kNotPermitted = 4;
inline constexpr int kDegraded = 5;  ///< running but degraded, or a check did not pass
inline constexpr int kConfigInvalid = 6;
inline constexpr int kTimedOut = 7;

}  // namespace m1opt::client::exit_code
