#pragma once

namespace m1opt::app {

inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotPermitted = 4;
inline constexpr int kConfigInvalid = 6;
inline constexpr int kRefused = 78;  ///< EX_CONFIG: the service manager does not start it again

}  // namespace m1opt::app
