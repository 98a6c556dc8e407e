#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "platform/platform.h"
#include "platform/process_text.h"

namespace m1opt::platform {

namespace {

struct Trigger {
  const char* words;
  std::chrono::milliseconds window;
  const char* text;
};

/// Without CAP_SYS_RESOURCE the kernel accepts only windows that are multiples
/// of 2 s. The thresholds are 10 % and 7.5 % of the window.
constexpr std::array<Trigger, 2> kTriggers{{
    {"some 50000 500000", std::chrono::milliseconds(500), "PSI memory some 50 ms in 500 ms"},
    {"some 150000 2000000", std::chrono::milliseconds(2000),
     "PSI memory some 150 ms in 2 s (a shorter window needs CAP_SYS_RESOURCE)"},
}};

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

Result<EventWatch> open_pressure_watch() {
  constexpr const char* kPath = "/proc/pressure/memory";
  int last = 0;
  for (const auto& trigger : kTriggers) {
    Fd fd(::open(kPath, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd.valid()) {
      return Error{Errc::unsupported, errno,
                   std::string("open ") + kPath + ": " + std::strerror(errno)};
    }
    // The kernel wants the final zero as part of the text.
    if (::write(fd.get(), trigger.words, std::strlen(trigger.words) + 1) >= 0) {
      EventWatch watch;
      watch.fd = std::move(fd);
      watch.window = trigger.window;
      watch.text = trigger.text;
      watch.urgent = true;
      return watch;
    }
    last = errno;
  }
  return Error{Errc::unsupported, last,
               std::string("no memory pressure trigger is accepted: ") + std::strerror(last)};
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
