// platform.h on a Mac: the portable parts bound to the machine's own calls.
#include "platform/platform.h"

#include <libproc.h>
#include <unistd.h>

#include <array>

#include "platform/darwin/darwin.h"
#include "platform/darwin/raw_calls_system.h"
#include "platform/posix/accounts.h"

namespace m1opt::platform {

namespace {

/// A captured tree holds files, and nothing here is read from files.
Error no_capture() {
  return {Errc::unsupported, 0, "macOS cannot be read from a captured tree (--sysroot)"};
}

class NoProcesses final : public ProcessTable {
 public:
  Result<std::vector<std::int32_t>> list() override { return no_capture(); }
  Result<ProcessInfo> stat(std::int32_t) override { return no_capture(); }
  Result<std::string> executable(std::int32_t) override { return no_capture(); }
  Result<std::uint32_t> owner(std::int32_t) override { return no_capture(); }
  Result<std::vector<std::string>> arguments(std::int32_t) override { return no_capture(); }
  Result<Duration> waited(ProcessId) override { return no_capture(); }
};

}  // namespace

std::vector<Sensor> make_sensors(const std::string& sysroot) {
  auto sensors = darwin::make_sensors(darwin::system_calls());
  if (sysroot.empty()) return sensors;
  for (Sensor& sensor : sensors) {
    sensor.read = [name = sensor.name](Sample&) {
      return std::vector<Problem>{{name, to_string(Errc::unsupported), no_capture().what}};
    };
  }
  return sensors;
}

std::function<HardwareReading()> make_hardware_reader(const std::string& sysroot) {
  if (!sysroot.empty()) return nullptr;
  return darwin::make_hardware_reader(darwin::system_calls());
}

Result<std::vector<FanDetail>> read_fan_details(const std::string& sysroot) {
  if (!sysroot.empty()) return no_capture();
  return darwin::read_fan_details(darwin::system_calls());
}

MachineReading read_machine(const std::string& sysroot, std::vector<Problem>& problems) {
  if (sysroot.empty()) return darwin::read_machine(darwin::system_calls(), problems);
  problems.push_back({"machine", to_string(Errc::unsupported), no_capture().what});
  return {};
}

/// Only the window server knows, and a daemon has none.
Result<int> count_displays(const std::string& /*sysroot*/) {
  return Error{Errc::unsupported, 0, "macOS tells a daemon nothing of displays"};
}

Result<BootId> read_boot_id(const std::string& sysroot) {
  if (!sysroot.empty()) return no_capture();
  return darwin::read_boot_id(darwin::system_calls());
}

std::unique_ptr<ProcessTable> make_process_table(const std::string& sysroot) {
  if (!sysroot.empty()) return std::make_unique<NoProcesses>();
  return darwin::make_process_table(darwin::system_calls());
}

std::unique_ptr<ProcessControl> make_process_control() {
  return darwin::make_process_control(darwin::system_calls());
}

TierOutcome set_tiers(const TierRequest& request) {
  return darwin::set_tiers(darwin::system_calls(), request);
}

bool has_tiers() { return true; }

ErrandOutcome stop_backup(const ErrandRequest& request) {
  return darwin::stop_backup(darwin::system_calls(), request);
}

std::vector<Capability> probe_capabilities() {
  return darwin::probe_capabilities(darwin::system_calls());
}

/// The path at the first call, which must come before anybody replaces the file:
/// macOS has no name for the program that runs apart from its path.
std::string self_executable() {
  static const std::string path = [] {
    std::array<char, PROC_PIDPATHINFO_MAXSIZE> buffer{};
    const int length = ::proc_pidpath(::getpid(), buffer.data(), buffer.size());
    return std::string(buffer.data(), static_cast<std::size_t>(length > 0 ? length : 0));
  }();
  return path;
}

Result<PeerIdentity> peer_identity(int fd) {
  return darwin::peer_identity(darwin::system_calls(), fd);
}
Result<std::optional<std::string>> find_foreign_writer(const std::string& path) {
  return darwin::find_foreign_writer(darwin::system_calls(), path);
}
Result<std::uint32_t> find_group(const std::string& name) {
  return darwin::find_group(darwin::system_calls(), name);
}
bool is_member(std::uint32_t uid, std::uint32_t gid) {
  return darwin::is_member(darwin::system_calls(), uid, gid);
}
Result<std::uint32_t> find_user(const std::string& name) { return posix::find_user(name); }
bool is_service_group(std::uint32_t gid) { return posix::is_service_group(gid); }

Result<Fd> open_exit_watch(ProcessId process) {
  return darwin::open_exit_watch(darwin::system_calls(), process);
}
Result<std::vector<EventWatch>> open_pressure_watches() {
  auto watch = darwin::open_pressure_watch(darwin::system_calls());
  if (!watch) return watch.error();
  std::vector<EventWatch> watches;
  watches.push_back(std::move(*watch));
  return watches;
}
Result<EventWatch> open_file_watch(const std::vector<std::string>& paths) {
  return darwin::open_file_watch(darwin::system_calls(), paths);
}
Result<EventWatch> open_thermal_watch() {
  return darwin::open_thermal_watch(darwin::system_calls());
}
Result<std::unique_ptr<SleepWatch>> open_sleep_watch() {
  return darwin::open_sleep_watch(darwin::system_calls());
}
std::optional<std::uint32_t> console_owner() { return darwin::console_owner(darwin::system_calls()); }
std::unique_ptr<SleepBlocker> make_sleep_blocker(
    std::function<Result<void>(const std::string& path)> /*no program is run*/) {
  return darwin::make_sleep_blocker(darwin::system_calls());
}
Result<ProcessCost> read_cost(std::int32_t pid) {
  return darwin::read_cost(darwin::system_calls(), pid);
}

}  // namespace m1opt::platform
