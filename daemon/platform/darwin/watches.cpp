#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "platform/darwin/darwin.h"
#include "platform/darwin/errors.h"
#include "platform/darwin/process_reading.h"
#include "platform/darwin/sensors.h"

namespace m1opt::platform::darwin {

namespace {

/// These events stay readable until they are read.
void consume(int fd) {
  std::array<char, 256> bytes{};
  while (::read(fd, bytes.data(), bytes.size()) > 0) {
  }
}

class PowerMessageWatch final : public SleepWatch {
 public:
  PowerMessageWatch(RawCalls& calls, Fd fd) : calls_(calls), fd_(std::move(fd)) {}

  [[nodiscard]] int fd() const override { return fd_.get(); }

  std::optional<SleepEvent> next() override {
    PowerMessage message;
    // Messages are smaller than PIPE_BUF, so they come whole or not at all.
    while (::read(fd_.get(), &message, sizeof(message)) == sizeof(message)) {
      if (message.kind == kSystemWillSleep) {
        owed_ = message.notification;
        return SleepEvent::will_sleep;
      }
      if (message.kind == kSystemHasPoweredOn || message.kind == kSystemWillNotSleep) {
        return SleepEvent::awake;
      }
    }
    return std::nullopt;
  }

  void allow() override {
    if (const auto owed = std::exchange(owed_, std::nullopt)) calls_.allow_power_change(*owed);
  }

 private:
  RawCalls& calls_;
  Fd fd_;
  std::optional<std::int64_t> owed_;
};

}  // namespace

Result<std::unique_ptr<SleepWatch>> open_sleep_watch(RawCalls& calls) {
  const auto fd = calls.open_power_messages();
  if (!fd) return fd.error();
  return std::unique_ptr<SleepWatch>(std::make_unique<PowerMessageWatch>(calls, Fd(*fd)));
}

Result<Fd> open_exit_watch(RawCalls& calls, ProcessId process) {
  const Answer answer = calls.open_exit_events(process.pid);
  if (!answer.ok()) {
    return error_of(fmt::format("kevent EVFILT_PROC {}", process.pid), answer.error);
  }
  Fd fd(static_cast<int>(answer.value));
  // The event is bound to one process; whether it is the one that was meant
  // shows only after it is there.
  const auto info = read_all_info(calls, process.pid);
  if (!info) return info.error();
  if (id_of(info->bsd) != process) {
    return Error{Errc::gone, ESRCH, fmt::format("pid {} is another process now", process.pid)};
  }
  return fd;
}

/// Only an early wake: the kernel never picks a process with a footprint below
/// 10 MB for this event (xnu bsd/kern/kern_memorystatus_notify.c), so the level
/// is read at each tick all the same.
Result<EventWatch> open_pressure_watch(RawCalls& calls) {
  const Answer answer = calls.open_pressure_events();
  if (!answer.ok()) {
    return Error{Errc::unsupported, answer.error, "no memory pressure source can be opened"};
  }
  EventWatch watch;
  watch.fd = Fd(static_cast<int>(answer.value));
  watch.text = "memory pressure source (an early wake only; the level is polled)";
  watch.consume = [fd = watch.fd.get()] { consume(fd); };
  return watch;
}

/// Only an early wake too: the state is asked for at each tick, by a token of the sensor's own.
Result<EventWatch> open_thermal_watch(RawCalls& calls) {
  int fd = -1;
  if (const auto status = calls.notify_register_descriptor(kThermalLevelName, fd); status != 0) {
    return Error{Errc::unsupported, 0,
                 fmt::format("notify_register_file_descriptor: status {}", status)};
  }
  EventWatch watch;
  watch.fd = Fd(fd);
  watch.text = "thermal notification (an early wake only; the level is polled)";
  watch.consume = [fd] { consume(fd); };
  return watch;
}

Result<EventWatch> open_file_watch(RawCalls& calls, const std::vector<std::string>& paths) {
  std::vector<int> files;
  const Answer answer = calls.open_file_events(paths, files);
  EventWatch watch;
  for (const int file : files) watch.kept.emplace_back(file);
  if (!answer.ok()) return error_of("kevent EVFILT_VNODE", answer.error);
  watch.fd = Fd(static_cast<int>(answer.value));
  watch.text = "kqueue";
  return watch;
}

/// loginwindow gives the device to whom it logs in, and back to root. Not tried on a Mac: where it does not, nothing changes.
std::optional<std::uint32_t> console_owner(RawCalls& calls) {
  const Answer answer = calls.owner_of("/dev/console");
  if (!answer.ok()) return std::nullopt;
  return static_cast<std::uint32_t>(answer.value);
}

Result<ProcessCost> read_cost(RawCalls& calls, std::int32_t pid) {
  const auto usage = UsageReader(calls).read(pid);
  if (!usage) return usage.error();
  return ProcessCost{usage->footprint, usage->cpu_time, "footprint"};
}

}  // namespace m1opt::platform::darwin
