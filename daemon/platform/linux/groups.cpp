#include "platform/linux/groups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <sstream>

#include "base/fault.h"
#include "base/fd.h"
#include "base/file.h"
#include "platform/linux/proc_entry.h"
#include "platform/text.h"

namespace m1opt::platform::groups {

namespace {

constexpr const char* kCgroupMount = "/sys/fs/cgroup";
constexpr int kAutogroupTries = 25;
constexpr long kAutogroupRetryNs = 20'000'000;

std::string proc(std::int32_t pid) { return "/proc/" + std::to_string(pid); }

Result<AutogroupLine> read_line(std::int32_t pid) {
  auto text = read_file(proc(pid) + "/autogroup", 4096);
  if (!text) return text.error();
  return parse_autogroup(*text);
}

Result<void> write_number(const Fd& fd, const std::string& path, std::int64_t value) {
  const std::string text = std::to_string(value);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return error_from_errno("write " + text + " to " + path, errno);
  }
  return {};
}

/// An open file of /proc stays with the process that had the number when it was
/// opened: once that has ended a write fails with ESRCH, whoever has the number then.
Result<void> write_through(std::int32_t member, std::int64_t number, std::int64_t nice) {
  const std::string path = proc(member) + "/autogroup";
  fault_point("group.before_open");
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  const auto has_left = [&] {
    std::array<char, 128> text{};
    const ssize_t n = ::pread(fd.get(), text.data(), text.size(), 0);
    auto line = parse_autogroup({text.data(), n > 0 ? static_cast<std::size_t>(n) : 0});
    return line && line->number != number;
  };
  const Error left{Errc::gone, ESRCH, "pid " + std::to_string(member) + " left its session"};
  if (has_left()) return left;
  fault_point("group.before_write");
  if (auto written = write_number(fd, path, nice); !written || !has_left()) return written;
  // It made a session of its own in between; the group of a new one has nice 0.
  (void)write_number(fd, path, 0);
  return left;
}

/// A living member to read or write the group through; the one that named it first.
Result<std::int32_t> any_member(const Subject& group) {
  auto own = read_line(group.process.pid);
  if (own && own->number == group.number) return group.process.pid;
  auto members = autogroup_members(group);
  if (!members) return members.error();
  if (members->empty()) {
    return Error{Errc::gone, ESRCH, "autogroup " + std::to_string(group.number) + " has ended"};
  }
  return members->front();
}

Result<bool> autogroup_enabled() {
  auto text = read_file("/proc/sys/kernel/sched_autogroup_enabled", 64);
  if (!text) return false;
  return !text->empty() && text->front() == '1';
}

}  // namespace

Result<AutogroupLine> parse_autogroup(const std::string& text) {
  std::string_view rest = text;
  const auto group = take_word(rest);
  const auto word = take_word(rest);
  constexpr std::string_view kBegin = "/autogroup-";
  const auto number = parse_number<long long>(group.starts_with(kBegin) ? group.substr(kBegin.size()) : "");
  const auto nice = parse_number<long long>(take_word(rest));
  if (!number || word != "nice" || !nice) return Error{Errc::parse, 0, "autogroup: not '/autogroup-N nice M'"};
  return AutogroupLine{*number, *nice};
}

Result<CpuCgroup> parse_cpu_cgroup(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  CpuCgroup found;
  bool any = false;
  while (std::getline(lines, line)) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers.find(",cpu,") != std::string::npos) return CpuCgroup{false, path};
    if (controllers == ",,") {
      found = {true, path};
      any = true;
    }
  }
  if (!any) return Error{Errc::unsupported, 0, "no CPU cgroup"};
  return found;
}

Result<Subject> find_autogroup(ProcessId process) {
  auto enabled = autogroup_enabled();
  if (!enabled || !*enabled) {
    return Error{Errc::unsupported, 0, "autogrouping is off (kernel.sched_autogroup_enabled)"};
  }
  if (find_cgroup(process)) {
    return Error{Errc::unsupported, 0, "the process is scheduled by its cgroup, not by autogroup"};
  }
  auto text = read_file(proc(process.pid) + "/cgroup", 65536);
  if (text) {
    auto cgroup = parse_cpu_cgroup(*text);
    if (cgroup && !cgroup->v2 && cgroup->path != "/") {
      return Error{Errc::unsupported, 0, "the process is in a CPU cgroup (v1) of its own"};
    }
  }
  auto line = read_line(process.pid);
  if (!line) return line.error();
  return Subject{SubjectKind::autogroup, process, {}, line->number, {}};
}

Result<std::vector<std::int32_t>> autogroup_members(const Subject& group) {
  auto pids = list_numbers("/proc");
  if (!pids) return pids.error();
  std::vector<std::int32_t> members;
  for (const std::int32_t pid : *pids) {
    auto line = read_line(pid);
    if (line && line->number == group.number) members.push_back(pid);
  }
  return members;
}

Result<std::int64_t> read_autogroup_nice(const Subject& group) {
  auto member = any_member(group);
  if (!member) return member.error();
  auto line = read_line(*member);
  if (!line) return line.error();
  if (line->number != group.number) return Error{Errc::gone, ESRCH, "the process left its session"};
  return line->nice;
}

Result<void> write_autogroup_nice(const Subject& group, std::int64_t nice) {
  for (int attempt = 1;; ++attempt) {
    auto member = any_member(group);
    if (!member) return member.error();
    auto written = write_through(*member, group.number, nice);
    if (written || attempt == kAutogroupTries) return written;
    // Another member answers for the group as well.
    if (written.error().code == Errc::gone) continue;
    if (written.error().code != Errc::busy) return written;
    const timespec pause{0, kAutogroupRetryNs};
    ::nanosleep(&pause, nullptr);
  }
}

Result<Subject> find_cgroup(ProcessId process) {
  auto text = read_file(proc(process.pid) + "/cgroup", 65536);
  if (!text) return text.error();
  auto cgroup = parse_cpu_cgroup(*text);
  if (!cgroup) return cgroup.error();
  if (!cgroup->v2 || cgroup->path == "/") {
    return Error{Errc::unsupported, 0, "not in a cgroup v2 of its own"};
  }
  Subject subject{SubjectKind::cgroup, process, {}, 0, cgroup->path};
  if (::access(cgroup_file(Attribute::cgroup_weight, subject).c_str(), F_OK) != 0) {
    return Error{Errc::unsupported, 0, "the CPU controller is off for its cgroup"};
  }
  return subject;
}

std::string cgroup_file(Attribute attribute, const Subject& group) {
  return std::string(kCgroupMount) + group.path +
         (attribute == Attribute::cgroup_idle ? "/cpu.idle" : "/cpu.weight");
}

Result<std::vector<std::int32_t>> cgroup_members(const Subject& group) {
  namespace fs = std::filesystem;
  std::vector<std::int32_t> members;
  std::vector<std::string> pending{kCgroupMount + group.path};
  while (!pending.empty()) {
    const std::string directory = pending.back();
    pending.pop_back();
    auto text = read_file(directory + "/cgroup.procs");
    if (!text) return text.error();
    std::istringstream numbers(*text);
    for (std::int32_t pid = 0; numbers >> pid;) members.push_back(pid);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      if (entry.is_directory(error)) pending.push_back(entry.path().string());
    }
  }
  std::sort(members.begin(), members.end());
  return members;
}

Result<std::int64_t> read_cgroup(Attribute attribute, const Subject& group) {
  auto text = read_file(cgroup_file(attribute, group), 64);
  if (!text) return text.error();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{}) return Error{Errc::parse, 0, cgroup_file(attribute, group)};
  return value;
}

Result<void> write_cgroup(Attribute attribute, const Subject& group, std::int64_t value) {
  const std::string path = cgroup_file(attribute, group);
  Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  return write_number(fd, path, value);
}

}  // namespace m1opt::platform::groups
