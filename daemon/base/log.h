#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/result.h"

namespace m1opt::base {

enum class LogLevel { debug, info, warning, error };

/// Starts logging. `path` empty or "-" means standard error; otherwise a file
/// rotated at 5 MiB, three kept. Without a call everything goes to standard
/// error at level info.
Result<void> start_log(const std::string& path, LogLevel level);
void flush_log();

void log_line(LogLevel level, const std::string& line);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace m1opt::base
