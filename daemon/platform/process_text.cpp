#include "platform/process_text.h"

#include <algorithm>
#include <array>
#include <limits>

#include "platform/text.h"

namespace m1opt::platform {

namespace {

/// Linux's SCHED_IDLE.
constexpr std::int64_t kPolicyIdle = 5;

/// Field numbers as in proc(5), which counts from 1: pid, comm, state, ...
constexpr std::size_t kParent = 4;
constexpr std::size_t kSession = 6;
constexpr std::size_t kUserTime = 14;
constexpr std::size_t kSystemTime = 15;
constexpr std::size_t kNice = 19;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStart = 22;
constexpr std::size_t kResident = 24;
constexpr std::size_t kPolicy = 41;
constexpr std::size_t kFirstNumber = 4;

RunState run_state(char letter) {
  switch (letter) {
    case 'R': return RunState::running;
    case 'T':
    case 't': return RunState::stopped;
    case 'Z':
    case 'X':
    case 'x': return RunState::zombie;
    default: return RunState::sleeping;
  }
}

/// The line taken apart at the last ')'.
struct StatLine {
  std::int32_t pid{0};
  std::string_view name;
  char state{0};
  std::array<std::int64_t, kPolicy + 1> number{};
};

/// `last` is the highest field wanted; the rest is not looked at.
Result<StatLine> split_stat(std::string_view text, std::size_t last) {
  const Error bad{Errc::parse, 0, "not a line of /proc/PID/stat"};
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return bad;
  StatLine line;
  const auto pid = parse_number<std::int32_t>(trim(text.substr(0, open)));
  if (!pid || *pid <= 0) return bad;
  line.pid = *pid;
  line.name = text.substr(open + 1, close - open - 1);
  text.remove_prefix(close + 1);
  const auto state = take_word(text);
  if (state.size() != 1) return bad;
  line.state = state.front();
  for (std::size_t field = kFirstNumber; field <= last; ++field) {
    const auto word = take_word(text);
    auto number = parse_number<std::int64_t>(word);
    // Only rsslim (field 25) and addresses exceed 63 bits; none of them is used.
    if (!number && parse_number<std::uint64_t>(word)) number = 0;
    if (!number) return bad;
    line.number[field] = *number;
  }
  return line;
}

bool fits_int(std::int64_t n) {
  return n >= std::numeric_limits<int>::min() && n <= std::numeric_limits<int>::max();
}

std::optional<std::int64_t> parse_kib_line(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) != key) continue;
    const auto number = parse_number<std::int64_t>(take_word(line));
    if (!number || *number < 0 || *number > std::numeric_limits<std::int64_t>::max() / 1024)
      return {};
    return *number * 1024;
  }
  return {};
}

}  // namespace

Result<ProcessInfo> parse_process_stat(std::string_view text, const ProcessUnits& units) {
  const auto line = split_stat(text, kPolicy);
  if (!line) return line.error();
  const auto& n = line->number;
  const auto tick_ns = 1'000'000'000 / units.ticks_per_second;
  const auto most_ticks = std::numeric_limits<std::int64_t>::max() / 2 / tick_ns;
  if (n[kUserTime] < 0 || n[kSystemTime] < 0 || n[kStart] < 0 || n[kResident] < 0 ||
      n[kUserTime] > most_ticks || n[kSystemTime] > most_ticks ||
      n[kResident] > std::numeric_limits<std::int64_t>::max() / units.page_size ||
      !fits_int(n[kParent]) || !fits_int(n[kSession]) || !fits_int(n[kNice]) ||
      !fits_int(n[kThreads])) {
    return Error{Errc::parse, 0, "impossible numbers in /proc/PID/stat"};
  }
  ProcessInfo info;
  info.id = {line->pid, static_cast<std::uint64_t>(n[kStart])};
  info.parent = static_cast<std::int32_t>(n[kParent]);
  info.session = static_cast<std::int32_t>(n[kSession]);
  info.name = line->name;
  info.state = run_state(line->state);
  info.nice = static_cast<int>(n[kNice]);
  info.threads = static_cast<int>(n[kThreads]);
  info.background = n[kPolicy] == kPolicyIdle;
  info.cpu_time = std::chrono::nanoseconds((n[kUserTime] + n[kSystemTime]) * tick_ns);
  info.footprint = Bytes{n[kResident] * units.page_size};
  return info;
}

Result<std::uint64_t> parse_process_start(std::string_view text) {
  const auto line = split_stat(text, kStart);
  if (!line) return line.error();
  return static_cast<std::uint64_t>(line->number[kStart]);
}

Result<Duration> parse_waited(std::string_view text) {
  const auto run = parse_number<std::int64_t>(take_word(text));
  const auto waited = parse_number<std::int64_t>(take_word(text));
  const auto slices = parse_number<std::int64_t>(take_word(text));
  if (!run || !waited || !slices || *waited < 0) {
    return Error{Errc::parse, 0, "not a line of schedstat"};
  }
  if (*run == 0 && *waited == 0 && *slices == 0) {
    return Error{Errc::unsupported, 0, "the kernel does not count scheduling delays"};
  }
  return std::chrono::nanoseconds(*waited);
}

std::vector<std::string> parse_arguments(std::string_view text, std::size_t limit, bool cut) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < limit) {
    const auto end = text.find('\0');
    if (end == std::string_view::npos) {
      if (!cut) words.emplace_back(text);
      break;
    }
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return words;
}

std::vector<std::string> pick_variables(std::string_view environment,
                                        const std::vector<std::string>& names) {
  std::vector<std::string> picked;
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    const auto variable = environment.substr(0, end);
    environment.remove_prefix(end == std::string_view::npos ? environment.size() : end + 1);
    const auto equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = variable.substr(0, equals);
    if (std::find(names.begin(), names.end(), name) != names.end()) picked.emplace_back(variable);
  }
  return picked;
}

bool has_watchdog_variables(std::string_view environment, std::int32_t pid) {
  bool watched = false;
  bool meant = true;
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    const auto variable = environment.substr(0, end);
    environment.remove_prefix(end == std::string_view::npos ? environment.size() : end + 1);
    constexpr std::string_view kTime = "WATCHDOG_USEC=";
    constexpr std::string_view kWho = "WATCHDOG_PID=";
    if (variable.substr(0, kTime.size()) == kTime) watched = true;
    if (variable.substr(0, kWho.size()) == kWho) {
      meant = parse_number<std::int32_t>(variable.substr(kWho.size())) == pid;
    }
  }
  return watched && meant;
}

Result<std::uint32_t> parse_status_uid(std::string_view text) {
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) != "Uid:") continue;
    take_word(line);
    if (const auto uid = parse_number<std::uint32_t>(take_word(line))) return *uid;
    break;
  }
  return Error{Errc::parse, 0, "no usable Uid line in /proc/PID/status"};
}

std::optional<Bytes> parse_pss(std::string_view text) {
  const auto bytes = parse_kib_line(text, "Pss:");
  if (!bytes) return {};
  return Bytes{*bytes};
}

std::optional<std::int64_t> parse_page_size(std::string_view text) {
  return parse_kib_line(text, "KernelPageSize:");
}

std::optional<std::int32_t> parse_newest_pid(std::string_view text) {
  text = trim(text);
  const auto space = text.rfind(' ');
  if (space == std::string_view::npos) return {};
  const auto pid = parse_number<std::int32_t>(text.substr(space + 1));
  if (!pid || *pid <= 0) return {};
  return pid;
}

}  // namespace m1opt::platform
