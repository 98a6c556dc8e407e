#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/file.h"
#include "platform/platform.h"
#include "platform/process_text.h"

namespace m1opt::platform {

namespace {

constexpr const char* kPressureFile = "/proc/pressure/memory";

struct Threshold {
  const char* kind;  ///< "some" or "full"
  int percent;       ///< of the window
};

/// The first waiting at all, what the daemon calls warning at the latest, and critical.
constexpr std::array kThresholds{Threshold{"some", 10}, Threshold{"some", 30}, Threshold{"full", 10}};

/// Without CAP_SYS_RESOURCE the kernel accepts only windows that are multiples of 2 s.
constexpr std::array kWindows{std::chrono::milliseconds(500), std::chrono::milliseconds(2000)};

Result<EventWatch> open_trigger(const Threshold& threshold, std::chrono::milliseconds window) {
  Fd fd(::open(kPressureFile, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return error_from_errno(std::string("open ") + kPressureFile, errno);
  const auto stall = window * threshold.percent / 100;
  const auto microseconds = [](std::chrono::milliseconds time) {
    return std::to_string(std::chrono::microseconds(time).count());
  };
  const std::string words =
      threshold.kind + (" " + microseconds(stall) + " ") + microseconds(window);
  // The kernel wants the final zero as part of the text.
  if (::write(fd.get(), words.c_str(), words.size() + 1) < 0) {
    return error_from_errno("PSI memory " + words, errno);
  }
  EventWatch watch;
  watch.fd = std::move(fd);
  watch.window = window;
  watch.text = "PSI memory " + std::string(threshold.kind) + " " + std::to_string(stall.count()) +
               " ms in " + std::to_string(window.count()) + " ms";
  watch.urgent = true;
  const Percent share{static_cast<double>(threshold.percent)};
  watch.some_stall = share;  // when all wait, some do
  if (std::string_view(threshold.kind) == "full") watch.full_stall = share;
  return watch;
}

}  // namespace

Result<Fd> open_exit_watch(ProcessId process) {
  const std::string who = "pid " + std::to_string(process.pid);
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!fd.valid()) return error_from_errno("pidfd_open " + who, errno);
  // The descriptor now holds one process; whether it is the one that was meant
  // shows only after it is open.
  const auto text = read_file("/proc/" + std::to_string(process.pid) + "/stat", 8192);
  if (!text) return text.error();
  const auto start = parse_process_start(*text);
  if (!start) return start.error();
  if (*start != process.start) return Error{Errc::gone, ESRCH, who + " is another process now"};
  return fd;
}

Result<std::vector<EventWatch>> open_pressure_watches() {
  std::vector<EventWatch> watches;
  Error last{Errc::unsupported, 0, "no window was tried"};
  for (const auto window : kWindows) {
    for (const Threshold& threshold : kThresholds) {
      auto watch = open_trigger(threshold, window);
      if (!watch) {
        last = Error{Errc::unsupported, watch.error().os_errno, watch.error().what};
        break;
      }
      watches.push_back(std::move(*watch));
    }
    if (!watches.empty()) return watches;
  }
  return last;
}

Result<EventWatch> open_file_watch(const std::vector<std::string>& paths) {
  Fd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return error_from_errno("inotify_init1", errno);
  for (const std::string& path : paths) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) continue;
    const std::uint32_t mask =
        S_ISDIR(info.st_mode)
            ? IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
            : IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;
    if (::inotify_add_watch(fd.get(), path.c_str(), mask) >= 0 || errno == ENOENT) continue;
    return error_from_errno("inotify_add_watch " + path, errno);
  }
  EventWatch watch;
  watch.fd = std::move(fd);
  watch.text = "inotify";
  return watch;
}

Result<EventWatch> open_thermal_watch() {
  return Error{Errc::unsupported, 0, "Linux tells of no change of a thermal zone"};
}

Result<std::unique_ptr<SleepWatch>> open_sleep_watch() {
  return Error{Errc::unsupported, 0, "the kernel tells nobody before it sleeps"};
}

std::optional<std::uint32_t> console_owner() { return std::nullopt; }

Result<ProcessCost> read_cost(std::int32_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  const auto text = read_file(directory + "/stat", 8192);
  if (!text) return text.error();
  const auto info = parse_process_stat(*text, {::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE)});
  if (!info) return info.error();
  ProcessCost cost{info->footprint, info->cpu_time, "RSS"};
  const auto rollup = read_file(directory + "/smaps_rollup", 8192);
  if (const auto pss = rollup ? parse_pss(*rollup) : std::nullopt) {
    cost.resident = *pss;
    cost.resident_source = "PSS";
  }
  return cost;
}

}  // namespace m1opt::platform
