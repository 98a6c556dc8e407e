#include "base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace m1opt::base {

namespace {

constexpr std::size_t kLogFileSize = 5U * 1024 * 1024;
constexpr std::size_t kLogFileCount = 3;
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("m1optd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kPattern, spdlog::pattern_time_type::utc);
    return made;
  }();
  return instance;
}

}  // namespace

Result<void> start_log(const std::string& path, LogLevel level) {
  if (!path.empty() && path != "-") {
    try {
      auto made = std::make_shared<spdlog::logger>(
          "m1optd", std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kLogFileSize,
                                                                           kLogFileCount));
      made->set_pattern(kPattern, spdlog::pattern_time_type::utc);
      made->flush_on(spdlog::level::info);
      logger() = made;
    } catch (const spdlog::spdlog_ex& e) {
      return Error{Errc::io, 0, std::string("log file: ") + e.what()};
    }
  }
  logger()->set_level(level_of(level));
  return {};
}

void flush_log() { logger()->flush(); }

void log_line(LogLevel level, const std::string& line) { logger()->log(level_of(level), line); }

}  // namespace m1opt::base
