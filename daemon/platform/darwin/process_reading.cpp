#include "platform/darwin/process_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/darwin/errors.h"
#include "platform/darwin/ticks.h"

namespace m1opt::platform::darwin {

namespace {

template <class T>
Result<T> read_info(RawCalls& calls, std::int32_t pid, int flavor) {
  std::array<std::byte, sizeof(T)> bytes{};
  const Answer answer = calls.process_info(pid, flavor, bytes);
  const std::string call = fmt::format("proc_pidinfo({}, {})", pid, flavor);
  if (answer.error == ENOMEM) {
    return Error{Errc::parse, ENOMEM, call + ": the kernel's structure is larger than the known one"};
  }
  if (!answer.ok()) return error_of(call, answer.error);
  if (answer.value != static_cast<std::int64_t>(sizeof(T))) {
    return Error{Errc::parse, 0, fmt::format("{} gives {} bytes instead of {}", call, answer.value,
                                             sizeof(T))};
  }
  return *read_layout<T>(bytes);
}

template <std::size_t N>
std::string text_of(const std::array<char, N>& field) {
  return {field.data(), strnlen(field.data(), N)};
}

RunState state_of(const AllInfo& info) {
  if (info.bsd.status == kStatusStopped) return RunState::stopped;
  if (info.bsd.status == kStatusZombie) return RunState::zombie;
  // SRUN says only that it is alive; whether a thread is on a core is the task's.
  return info.task.running_threads > 0 ? RunState::running : RunState::sleeping;
}

}  // namespace

Result<AllInfo> read_all_info(RawCalls& calls, std::int32_t pid) {
  auto info = read_info<AllInfo>(calls, pid, kProcessAllInfo);
  if (info && info->bsd.pid != static_cast<std::uint32_t>(pid)) {
    return Error{Errc::parse, 0, fmt::format("asked for pid {}, got {}", pid, info->bsd.pid)};
  }
  return info;
}

Result<ShortInfo> read_short_info(RawCalls& calls, std::int32_t pid) {
  return read_info<ShortInfo>(calls, pid, kProcessShortInfo);
}

ProcessId id_of(const BsdInfo& info) {
  return {static_cast<std::int32_t>(info.pid),
          info.start_seconds * 1'000'000U + info.start_microseconds};
}

ProcessInfo decode_process(const AllInfo& info, Timebase base) {
  ProcessInfo process;
  process.id = id_of(info.bsd);
  process.parent = static_cast<std::int32_t>(info.bsd.parent);
  process.uid = info.bsd.uid;
  process.name = text_of(info.bsd.name);
  if (process.name.empty()) process.name = text_of(info.bsd.command);
  process.state = state_of(info);
  process.nice = info.bsd.nice;
  process.threads = info.task.threads;
  process.background = (info.bsd.flags & (kFlagOwnBackground | kFlagExternalBackground)) != 0 ||
                       info.task.priority == kBackgroundPriority;
  process.app_nap = (info.bsd.flags & kFlagAppNap) != 0;
  process.cpu_time = to_duration(info.task.total_user + info.task.total_system, base);
  process.footprint = Bytes{static_cast<std::int64_t>(info.task.resident_size)};
  return process;
}

Result<UsageReading> UsageReader::read(std::int32_t pid) {
  Usage usage{};
  const auto bytes = std::as_writable_bytes(std::span(&usage, 1));
  Answer answer{0, EINVAL};
  if (newest_) {
    answer = calls_.process_usage(pid, kUsageV6, bytes);
    if (answer.error == EINVAL) newest_ = false;
  }
  if (!newest_) answer = calls_.process_usage(pid, kUsageV4, bytes.first(kUsageV4Bytes));
  if (!answer.ok()) return error_of(fmt::format("proc_pid_rusage({})", pid), answer.error);
  const Timebase base = calls_.timebase();
  UsageReading reading;
  reading.cpu_time = to_duration(usage.user_time + usage.system_time, base);
  if (newest_) {
    reading.performance_cpu_time =
        to_duration(usage.performance_user_time + usage.performance_system_time, base);
  }
  reading.runnable_time = to_duration(usage.runnable_time, base);
  reading.footprint = Bytes{static_cast<std::int64_t>(usage.phys_footprint)};
  return reading;
}

Result<std::vector<std::string>> decode_arguments(std::span<const std::byte> area,
                                                  std::size_t most_words, std::size_t most_bytes) {
  std::int32_t count = 0;
  if (area.size() < sizeof(count)) return Error{Errc::parse, 0, "KERN_PROCARGS2 is too short"};
  std::memcpy(&count, area.data(), sizeof(count));
  const char* at = reinterpret_cast<const char*>(area.data()) + sizeof(count);
  const char* const end = reinterpret_cast<const char*>(area.data()) + area.size();
  if (count < 0) return Error{Errc::parse, 0, "KERN_PROCARGS2 has no count"};
  at = std::find(at, end, '\0');                                  // behind the path
  at = std::find_if(at, end, [](char c) { return c != '\0'; });   // its padding
  std::vector<std::string> words;
  const char* const last =
      at + std::min<std::ptrdiff_t>(end - at, static_cast<std::ptrdiff_t>(most_bytes));
  while (at < last && words.size() < std::min(static_cast<std::size_t>(count), most_words)) {
    const char* const stop = std::find(at, last, '\0');
    if (stop == last) break;  // cut off: half a word could match what the whole does not
    words.emplace_back(at, stop);
    at = stop + 1;
  }
  return words;
}

Result<std::string_view> find_environment(std::span<const std::byte> area) {
  std::int32_t count = 0;
  if (area.size() < sizeof(count)) return Error{Errc::parse, 0, "KERN_PROCARGS2 is too short"};
  std::memcpy(&count, area.data(), sizeof(count));
  if (count < 0) return Error{Errc::parse, 0, "KERN_PROCARGS2 has no count"};
  const char* at = reinterpret_cast<const char*>(area.data()) + sizeof(count);
  const char* const end = reinterpret_cast<const char*>(area.data()) + area.size();
  at = std::find(at, end, '\0');
  at = std::find_if(at, end, [](char c) { return c != '\0'; });
  for (; count > 0 && at < end; --count) {
    at = std::find(at, end, '\0');
    if (at < end) ++at;
  }
  if (std::all_of(at, end, [](char c) { return c == '\0'; })) {
    return Error{Errc::not_permitted, 0, "the kernel does not show its environment"};
  }
  return std::string_view(at, static_cast<std::size_t>(end - at));
}

}  // namespace m1opt::platform::darwin
