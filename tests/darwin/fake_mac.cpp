#include "darwin/fake_mac.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace m1opt::test {

namespace {

mac::Answer copy_out(std::span<const std::byte> from, std::span<std::byte> out) {
  if (out.size() < from.size()) return {0, ENOMEM};
  std::copy(from.begin(), from.end(), out.begin());
  return {static_cast<std::int64_t>(from.size()), 0};
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

void put_text(std::span<char> field, const std::string& text) {
  std::strncpy(field.data(), text.c_str(), field.size());
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

FakeMac::FakeMac() {
  set_number("hw.memsize", std::int64_t{16} << 30, 8);
  set_number("kern.memorystatus_level", 55);
  set_number("kern.memorystatus_vm_pressure_level", 1);
  set_number("hw.nperflevels", 2);
  set_number("hw.perflevel0.logicalcpu_max", 4);
  set_text("hw.perflevel0.name", "Performance");
  set_number("hw.perflevel1.logicalcpu_max", 4);
  set_text("hw.perflevel1.name", "Efficiency");
  set_number("hw.logicalcpu_max", 8);
  set_number("iogpu.wired_limit_mb", 12288);
  set_number("kern.argmax", 1 << 20);
  set_text("machdep.cpu.brand_string", "Apple M1");
  set_text("hw.model", "MacBookAir10,1");
  set_text("kern.osproductversion", "15.4");
  set_text("kern.bootsessionuuid", "6E2B0A44-7F0C-4C9C-9D5A-0D3C5B7A9E11");
  set_layout("kern.clockrate", mac::ClockInfo{100, 10000, 0, 100, 100});
  set_layout("vm.swapusage", mac::SwapUsage{2U << 30U, 1U << 30U, 1U << 30U, 16384, 1});
  // 16 GiB are 1048576 pages of 16 KiB; 600000 of them in use.
  vm.free = 150'000;
  vm.active = 250'000;
  vm.inactive = 200'000;
  vm.wired = 200'000;
  vm.speculative = 50'000;
  vm.purgeable = 20'000;
  vm.external = 180'000;
  vm.compressor = 100'000;
  vm.swapins = 1000;
  vm.swapouts = 3000;
  start(1, 0, "/sbin/launchd", 0);
}

ProcessId FakeMac::start(std::int32_t pid, std::int32_t parent, const std::string& path,
                         std::uint32_t uid) {
  MacProcess process;
  process.parent = parent;
  process.session = pid;
  process.uid = uid;
  process.start = ++wall;
  process.path = path;
  process.arguments = {path};
  processes[pid] = process;
  return id_of(pid);
}

ProcessId FakeMac::fork(std::int32_t pid, std::int32_t parent) {
  MacProcess child = processes.at(parent);
  child.parent = parent;
  child.start = ++wall;
  child.status = kRuns;
  child.user_ticks = child.system_ticks = child.performance_ticks = child.runnable_ticks = 0;
  processes[pid] = child;
  return id_of(pid);
}

void FakeMac::end(std::int32_t pid) {
  processes.erase(pid);
  for (auto& [number, process] : processes) {
    if (process.parent == pid) process.parent = 1;
  }
}

void FakeMac::deliver_pending_stop() {
  if (pending_stop_ != 0) at(pending_stop_).status = kStopped;
}

void FakeMac::set_number(const std::string& name, std::int64_t value, std::size_t size) {
  auto& bytes = sysctls[name];
  bytes.resize(size);
  std::memcpy(bytes.data(), &value, std::min(size, sizeof(value)));
}

void FakeMac::set_text(const std::string& name, const std::string& text) {
  auto& bytes = sysctls[name];
  bytes.resize(text.size() + 1);
  std::memcpy(bytes.data(), text.c_str(), bytes.size());
}

void FakeMac::lose_everything() {
  sysctls.clear();
  vm = {};
  cpu = {};
  notify_works = false;
  has_iokit = false;
  list_error = ENOTSUP;
  priority_error = EINVAL;
}

mac::Answer FakeMac::sysctl(const char* name, std::span<std::byte> out) {
  if (const auto refused = sysctl_errors.find(name); refused != sysctl_errors.end()) return {0, refused->second};
  const auto found = sysctls.find(name);
  return found == sysctls.end() ? mac::Answer{0, ENOENT} : copy_out(found->second, out);
}

/// argc, the path, padding, arguments, environment; a buffer too small gets the
/// end of that area, not its beginning (sysctl_procargsx).
mac::Answer FakeMac::process_arguments(std::int32_t pid, std::span<std::byte> out) {
  const auto found = processes.find(pid);
  if (found == processes.end() || found->second.status == kZombie) return {0, EINVAL};
  const MacProcess& process = found->second;
  if (!may_inspect(process)) return {0, EINVAL};
  std::string area = process.path + std::string(8, '\0');
  for (const auto& word : process.arguments) area += word + '\0';
  for (const auto& word : process.environment) area += word + '\0';
  const std::size_t room = out.size() - sizeof(std::int32_t);
  if (area.size() > room) area = area.substr(area.size() - room);
  const auto count = static_cast<std::int32_t>(process.arguments.size());
  std::memcpy(out.data(), &count, sizeof(count));
  std::memcpy(out.data() + sizeof(count), area.data(), area.size());
  return {static_cast<std::int64_t>(sizeof(count) + area.size()), 0};
}

int FakeMac::vm_statistics(std::span<std::uint32_t> out, std::uint32_t& count) {
  if (vm_code != 0) return vm_code;
  if (const auto refused = vm_refusals.find(count); refused != vm_refusals.end()) {
    return refused->second;
  }
  if (count < vm_words) return mac::kMigArrayTooLarge;
  std::vector<std::uint32_t> words(std::max<std::size_t>(vm_words, sizeof(vm) / 4));
  std::memcpy(words.data(), &vm, sizeof(vm));
  std::copy_n(words.begin(), vm_words, out.begin());
  count = vm_words;
  return 0;
}

int FakeMac::cpu_ticks(std::array<std::uint32_t, 4>& out) {
  out = cpu;
  return vm_code;
}

mac::Answer FakeMac::list_all_pids(std::span<std::int32_t> out) {
  if (list_error != 0) return {0, list_error};
  const auto all = static_cast<std::int64_t>(processes.size());
  if (out.empty()) return {all - list_growth, 0};
  std::int64_t count = 0;
  for (auto p = processes.rbegin(); p != processes.rend(); ++p) {  // the newest first
    if (count == static_cast<std::int64_t>(out.size())) break;
    out[static_cast<std::size_t>(count++)] = p->first;
  }
  return {count, 0};
}

mac::AllInfo FakeMac::info_of(std::int32_t pid, const MacProcess& process) const {
  mac::AllInfo info{};
  info.bsd.flags = process.flags;
  info.bsd.status = process.status;
  info.bsd.pid = static_cast<std::uint32_t>(pid);
  info.bsd.parent = static_cast<std::uint32_t>(process.parent);
  info.bsd.uid = process.uid;
  info.bsd.real_uid = process.uid;
  put_text(info.bsd.command, base_name(process.path).substr(0, 15));
  put_text(info.bsd.name, base_name(process.path).substr(0, 31));
  info.bsd.nice = process.nice;
  info.bsd.start_seconds = static_cast<std::uint64_t>(process.start / 1'000'000);
  info.bsd.start_microseconds = static_cast<std::uint64_t>(process.start % 1'000'000);
  info.task.resident_size = process.footprint / 2;
  info.task.total_user = process.user_ticks;
  info.task.total_system = process.system_ticks;
  info.task.threads = process.threads;
  info.task.running_threads = process.running;
  info.task.priority = process.priority();
  return info;
}

mac::Answer FakeMac::process_info(std::int32_t pid, int flavor, std::span<std::byte> out) {
  if (const int error = next_info_error(); error != 0) return {0, error};
  const auto found = processes.find(pid);
  if (found == processes.end() || found->second.status == kZombie) return {0, ESRCH};
  const mac::AllInfo info = info_of(pid, found->second);
  mac::Answer answer;
  if (flavor == mac::kProcessShortInfo) {
    mac::ShortInfo brief{};
    brief.pid = info.bsd.pid;
    brief.parent = info.bsd.parent;
    brief.status = info.bsd.status;
    brief.uid = info.bsd.uid;
    answer = copy_out(bytes_of(brief), out);
  } else if (!may_inspect(found->second)) {
    return {0, EPERM};
  } else if (flavor == mac::kProcessAllInfo) {
    answer = copy_out(bytes_of(info), out);
  } else {
    return {0, EINVAL};
  }
  if (answer.ok() && info_length >= 0) answer.value = info_length;
  return answer;
}

mac::Answer FakeMac::process_usage(std::int32_t pid, int flavor, std::span<std::byte> out) {
  if (usage_error != 0) return {0, usage_error};
  const auto found = processes.find(pid);
  if (found == processes.end()) return {0, ESRCH};
  if (!may_inspect(found->second)) return {0, EPERM};
  if (flavor == mac::kUsageV6 ? !usage_v6 : flavor != mac::kUsageV4) return {0, EINVAL};
  const MacProcess& process = found->second;
  mac::Usage usage{};
  usage.user_time = process.user_ticks;
  usage.system_time = process.system_ticks;
  usage.phys_footprint = process.footprint;
  usage.runnable_time = process.runnable_ticks;
  usage.performance_user_time = process.performance_ticks;
  const std::size_t size = flavor == mac::kUsageV6 ? mac::kUsageV6Bytes : mac::kUsageV4Bytes;
  if (out.size() < size) return {0, EFAULT};
  std::memcpy(out.data(), &usage, size);
  return {0, 0};
}

mac::Answer FakeMac::process_path(std::int32_t pid, std::span<char> out) {
  const auto found = processes.find(pid);
  if (found == processes.end()) return {0, ESRCH};
  const std::string& path = found->second.path;
  if (path.empty()) return {0, ENOENT};  // the file was deleted
  if (path.size() > out.size()) return {0, ENOMEM};
  std::copy(path.begin(), path.end(), out.begin());
  return {static_cast<std::int64_t>(path.size()), 0};
}

mac::Answer FakeMac::session_of(std::int32_t pid) {
  const auto found = processes.find(pid);
  if (found == processes.end()) return {0, ESRCH};
  return {found->second.session, 0};
}

mac::Answer FakeMac::set_priority(int which, std::int32_t pid, int value) {
  if (priority_error != 0) return {0, priority_error};
  if (before_change) before_change(pid);
  const auto found = processes.find(pid);
  if (found == processes.end()) return {0, ESRCH};
  MacProcess& process = found->second;
  if (!may_inspect(process)) return {0, EPERM};
  if (which == mac::kPriorityProcess && value < process.nice && euid != 0) return {0, EACCES};
  effects.push_back(fmt::format("setpriority {} {} {:#x}", which, pid, value));
  if (priority_ignored) return {0, 0};
  if (which == mac::kPriorityProcess) {
    process.nice = std::clamp(value, -20, 20);
  } else if (value == mac::kDarwinBackground) {
    process.flags |= kFlagBackground;
  } else {
    process.flags &= ~kFlagBackground;
  }
  return {0, 0};
}

mac::Answer FakeMac::send_signal(std::int32_t pid, mac::Signal signal) {
  if (signal_error != 0) return {0, signal_error};
  if (before_change && signal != mac::Signal::none) before_change(pid);
  const auto found = processes.find(pid);
  if (found == processes.end()) return {0, ESRCH};
  if (!may_inspect(found->second)) return {0, EPERM};
  if (signal == mac::Signal::none || found->second.status == kZombie) return {0, 0};
  effects.push_back(fmt::format("kill {} {}", pid, signal == mac::Signal::stop ? "stop" : "cont"));
  if (signal == mac::Signal::stop && stop_stays_pending) {
    pending_stop_ = pid;
    return {0, 0};
  }
  if (signal == mac::Signal::resume && continue_ignored) return {0, 0};
  if (signal == mac::Signal::resume) pending_stop_ = 0;
  // A second stop adds nothing; one continue ends them all, whoever sent them.
  found->second.status = signal == mac::Signal::stop ? kStopped : kRuns;
  return {0, 0};
}

std::uint32_t FakeMac::notify_register_check(const char*, int& token) {
  if (!notify_works) return 1000000;
  token = next_token;
  return 0;
}

std::uint32_t FakeMac::notify_get_state(int token, std::uint64_t& state) {
  if (!notify_works || token != next_token) return 2;  // NOTIFY_STATUS_INVALID_TOKEN
  state = thermal;
  return 0;
}

int FakeMac::open_events() {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  events = Fd(ends[1]);
  return ends[0];
}

std::uint32_t FakeMac::notify_register_descriptor(const char* name, int& fd) {
  if (!notify_works) return 1000000;
  if (std::string_view(name) != "com.apple.system.thermalpressurelevel") return 1;
  fd = open_events();
  return 0;
}

mac::Answer FakeMac::open_exit_events(std::int32_t pid) {
  if (!processes.contains(pid)) return {0, ESRCH};
  return {open_events(), 0};
}

mac::Answer FakeMac::open_pressure_events() {
  if (!notify_works) return {0, ENOTSUP};
  return {open_events(), 0};
}

mac::Answer FakeMac::open_file_events(const std::vector<std::string>& paths, std::vector<int>& files) {
  for (std::size_t i = 0; i < paths.size(); ++i) files.push_back(open_events());
  if (!notify_works) return {0, EMFILE};
  return {open_events(), 0};
}

Result<int> FakeMac::open_power_messages() {
  if (const auto found = find_in_iokit("IORegisterForSystemPower"); !found) return found.error();
  return open_events();
}

Result<void> FakeMac::smc_open() {
  return find_in_iokit("IOServiceMatching");
}

Result<mac::PowerSources> FakeMac::power_sources() {
  if (const auto found = find_in_iokit("IOPSCopyPowerSourcesInfo"); !found) return found.error();
  return power;
}

Result<std::uint32_t> FakeMac::create_assertion(const std::string& name, Duration timeout) {
  if (const auto found = find_in_iokit("IOPMAssertionCreateWithDescription"); !found) return found.error();
  assertions[++last_assertion_] = fmt::format("{} for {:.0f} s", name, seconds_of(timeout));
  return last_assertion_;
}

Result<void> FakeMac::release_assertion(std::uint32_t id) {
  if (assertions.erase(id) == 1) return {};
  return Error{Errc::io, 0, "no such assertion"};
}

Result<std::vector<mac::AccessEntry>> FakeMac::access_list(const char* path) {
  if (access_error != 0) return error_from_errno("read the access list", access_error);
  return access_lists[path];
}

mac::Answer FakeMac::peer_credentials(int, std::span<std::byte> out) {
  if (peer_error != 0) return {0, peer_error};
  mac::Answer answer = copy_out(bytes_of(peer), out);
  if (answer.ok()) answer.value = peer_length;
  return answer;
}

Result<std::uint32_t> FakeMac::find_group(const std::string& name) {
  const auto found = groups.find(name);
  if (found == groups.end()) return Error{Errc::gone, 0, "there is no group " + name};
  return found->second;
}

std::vector<std::uint32_t> FakeMac::groups_of(std::uint32_t uid) {
  ++group_lookups;
  return members[uid];
}

Result<platform::posix::ToolExit> FakeMac::run_tool(const platform::posix::Tool& tool) {
  if (tool_error != 0) return error_from_errno("start " + tool.path, tool_error);
  tools.push_back(tool);
  if (while_tool_runs) while_tool_runs();
  return tool_exit;
}

mac::Answer FakeMac::start_child() {
  const std::int32_t pid = next_pid++;
  start(pid, 400, "/Library/PrivilegedHelperTools/m1optd", euid);
  return {pid, 0};
}

}  // namespace m1opt::test
