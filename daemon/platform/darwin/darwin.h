#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/darwin/raw_calls.h"
#include "platform/platform.h"

/// platform.h for macOS, over the raw calls; platform_system.cpp binds it to
/// the real ones. `calls` must outlive whatever is made from it.
namespace m1opt::platform::darwin {

std::vector<Sensor> make_sensors(RawCalls& calls);
/// Temperatures and fans by the SMC; for one thread.
std::function<HardwareReading()> make_hardware_reader(RawCalls& calls);
Result<std::vector<FanDetail>> read_fan_details(RawCalls& calls);
MachineReading read_machine(RawCalls& calls, std::vector<Problem>& problems);
/// Does Rosetta run this program?
bool is_translated(RawCalls& calls);
/// kern.bootsessionuuid; never kern.boottime, which moves with the wall clock.
Result<BootId> read_boot_id(RawCalls& calls);

std::unique_ptr<ProcessTable> make_process_table(RawCalls& calls);
std::unique_ptr<ProcessControl> make_process_control(RawCalls& calls);
TierOutcome set_tiers(RawCalls& calls, const TierRequest& request);
ErrandOutcome stop_backup(RawCalls& calls, const ErrandRequest& request);
std::vector<Capability> probe_capabilities(RawCalls& calls);

Result<PeerIdentity> peer_identity(RawCalls& calls, int fd);
Result<std::optional<std::string>> find_foreign_writer(RawCalls& calls, const std::string& path);
/// For an empty name the administrators, "admin".
Result<std::uint32_t> find_group(RawCalls& calls, const std::string& name);
bool is_member(RawCalls& calls, std::uint32_t uid, std::uint32_t gid);

Result<Fd> open_exit_watch(RawCalls& calls, ProcessId process);
Result<EventWatch> open_pressure_watch(RawCalls& calls);
Result<EventWatch> open_thermal_watch(RawCalls& calls);
Result<EventWatch> open_file_watch(RawCalls& calls, const std::vector<std::string>& paths);
Result<std::unique_ptr<SleepWatch>> open_sleep_watch(RawCalls& calls);
std::optional<std::uint32_t> console_owner(RawCalls& calls);
std::unique_ptr<SleepBlocker> make_sleep_blocker(RawCalls& calls);
Result<ProcessCost> read_cost(RawCalls& calls, std::int32_t pid);

}  // namespace m1opt::platform::darwin
