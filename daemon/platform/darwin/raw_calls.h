#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "platform/posix/tool.h"

/// The calls that macOS itself must answer, over plain numbers and bytes: no
/// Apple header above this line, so all that decodes, converts, retries and
/// judges is compiled and tested on every system. The real ones are in
/// *_system.cpp; tests bring a Mac in memory.
namespace m1opt::platform::darwin {

using namespace m1opt::base;

/// What a call answered: its value, or the errno it failed with.
struct Answer {
  std::int64_t value{0};
  int error{0};

  [[nodiscard]] bool ok() const { return error == 0; }
};

/// ns = ticks * numerator / denominator (mach_timebase_info).
struct Timebase {
  std::uint32_t numerator{0};
  std::uint32_t denominator{0};
};

/// kern_return_t and MIG codes that are told apart (mach/kern_return.h, mach/mig_errors.h).
inline constexpr int kKernSuccess = 0;
inline constexpr int kKernInvalidArgument = 4;
inline constexpr int kKernFailure = 5;
inline constexpr int kMigArrayTooLarge = -307;

/// Flavours of proc_pidinfo and proc_pid_rusage (sys/proc_info.h, sys/resource.h).
inline constexpr int kProcessAllInfo = 2;     // PROC_PIDTASKALLINFO
inline constexpr int kProcessShortInfo = 13;  // PROC_PIDT_SHORTBSDINFO
inline constexpr int kUsageV4 = 4;
inline constexpr int kUsageV6 = 6;

/// `which` of setpriority and the value that means background (sys/resource.h).
inline constexpr int kPriorityProcess = 0;
inline constexpr int kPriorityDarwinProcess = 4;
inline constexpr int kDarwinBackground = 0x1000;

/// Numbers of signals differ between systems.
enum class Signal { none, stop, resume };

inline constexpr std::size_t kSmcBytes = 80;

/// One entry of IOPSCopyPowerSourcesList; texts as IOKit has them.
struct PowerSource {
  std::string type;  ///< "InternalBattery", "UPS"
  std::optional<std::int64_t> current;
  std::optional<std::int64_t> maximum;
};
struct PowerSources {
  std::string providing;  ///< "AC Power", "Battery Power", "UPS Power"
  std::vector<PowerSource> sources;
};

/// Rights of an access list (sys/acl.h), those that matter; the same bits name
/// what may be done to a directory (add a file, a subdirectory).
inline constexpr std::uint32_t kAccessReadData = 1U << 1U;
inline constexpr std::uint32_t kAccessWriteData = 1U << 2U;
inline constexpr std::uint32_t kAccessDelete = 1U << 4U;
inline constexpr std::uint32_t kAccessAppendData = 1U << 5U;
inline constexpr std::uint32_t kAccessDeleteChild = 1U << 6U;
inline constexpr std::uint32_t kAccessWriteSecurity = 1U << 12U;
inline constexpr std::uint32_t kAccessChangeOwner = 1U << 13U;

/// An entry of an access list: allowed or denied to a user or group by its UUID.
struct AccessEntry {
  bool allows{false};
  std::uint32_t rights{0};
  std::array<std::uint8_t, 16> who{};
};

/// kIOMessage… of IORegisterForSystemPower (IOKit/IOMessage.h).
inline constexpr std::uint32_t kCanSystemSleep = 0xe0000270;
inline constexpr std::uint32_t kSystemWillSleep = 0xe0000280;
inline constexpr std::uint32_t kSystemWillNotSleep = 0xe0000290;
inline constexpr std::uint32_t kSystemHasPoweredOn = 0xe0000300;

/// What the descriptor of open_power_messages() delivers, in host order.
struct PowerMessage {
  std::uint32_t kind{0};
  std::uint32_t reserved{0};
  std::int64_t notification{0};  ///< to be handed back to allow_power_change
};

/// There is no getpriority here on purpose: for PRIO_DARWIN_PROCESS it answers
/// about the caller whatever pid it is given (xnu bsd/kern/kern_resource.c).
class RawCalls {
 public:
  virtual ~RawCalls() = default;

  /// sysctlbyname: bytes written; ENOMEM when the value is larger than `out`.
  virtual Answer sysctl(const char* name, std::span<std::byte> out) = 0;
  /// sysctl KERN_PROCARGS2: bytes written.
  virtual Answer process_arguments(std::int32_t pid, std::span<std::byte> out) = 0;

  /// host_statistics64(HOST_VM_INFO64): `count` in words, given and answered. A kern_return_t.
  virtual int vm_statistics(std::span<std::uint32_t> out, std::uint32_t& count) = 0;
  /// host_statistics(HOST_CPU_LOAD_INFO): user, system, idle, nice. A kern_return_t.
  virtual int cpu_ticks(std::array<std::uint32_t, 4>& out) = 0;
  /// vm_kernel_page_size, in which the counts of vm_statistics are.
  virtual std::uint64_t page_size() = 0;
  virtual Timebase timebase() = 0;
  virtual std::int64_t wall_microseconds() = 0;

  /// proc_listallpids: a count, not bytes. An empty `out` asks for an estimate.
  virtual Answer list_all_pids(std::span<std::int32_t> out) = 0;
  /// proc_pidinfo: bytes copied; an error when that is not above 0.
  virtual Answer process_info(std::int32_t pid, int flavor, std::span<std::byte> out) = 0;
  /// proc_pid_rusage; `out` must hold the flavour's structure.
  virtual Answer process_usage(std::int32_t pid, int flavor, std::span<std::byte> out) = 0;
  /// proc_pidpath: length of the path.
  virtual Answer process_path(std::int32_t pid, std::span<char> out) = 0;
  /// getsid
  virtual Answer session_of(std::int32_t pid) = 0;

  virtual Answer set_priority(int which, std::int32_t pid, int value) = 0;
  virtual Answer send_signal(std::int32_t pid, Signal signal) = 0;
  virtual std::uint32_t effective_user() = 0;

  /// notify(3): statuses, 0 is NOTIFY_STATUS_OK. The token lives until it is cancelled.
  virtual std::uint32_t notify_register_check(const char* name, int& token) = 0;
  virtual std::uint32_t notify_get_state(int token, std::uint64_t& state) = 0;
  virtual void notify_cancel(int token) = 0;
  /// A non-blocking descriptor that a token is written to at each notification. For one name only.
  virtual std::uint32_t notify_register_descriptor(const char* name, int& fd) = 0;

  /// Descriptors; reading them until EAGAIN makes them silent again.
  virtual Answer open_exit_events(std::int32_t pid) = 0;      ///< kqueue, EVFILT_PROC NOTE_EXIT
  virtual Answer open_pressure_events() = 0;                  ///< dispatch memory pressure source
  /// kqueue, EVFILT_VNODE on each path that is there. `files` are the descriptors of these, which
  /// the caller closes; an event ends with its descriptor.
  virtual Answer open_file_events(const std::vector<std::string>& paths,
                                  std::vector<int>& files) = 0;
  virtual Result<int> open_power_messages() = 0;              ///< IORegisterForSystemPower
  virtual void allow_power_change(std::int64_t notification) = 0;

  /// IOKit, opened at run time: an error says what is missing.
  virtual Result<void> smc_open() = 0;
  virtual int smc_call(std::span<const std::byte, kSmcBytes> in,
                       std::span<std::byte, kSmcBytes> out) = 0;
  virtual Result<PowerSources> power_sources() = 0;
  /// PreventUserIdleSystemSleep with a timeout that releases it.
  virtual Result<std::uint32_t> create_assertion(const std::string& name, Duration timeout) = 0;
  virtual Result<void> release_assertion(std::uint32_t id) = 0;
  /// IOPMAssertionCopyProperties: is it there (still)?
  virtual Result<bool> has_assertion(std::uint32_t id) = 0;

  /// stat: st_uid.
  virtual Answer owner_of(const char* path) = 0;
  /// acl_get_link_np; empty when there is no list.
  virtual Result<std::vector<AccessEntry>> access_list(const char* path) = 0;

  /// getsockopt LOCAL_PEERCRED: bytes of struct xucred; LOCAL_PEERPID.
  virtual Answer peer_credentials(int fd, std::span<std::byte> out) = 0;
  virtual Answer peer_pid(int fd) = 0;
  virtual Result<std::uint32_t> find_group(const std::string& name) = 0;
  /// Every group of the user's, the primary one first (getgrouplist).
  virtual std::vector<std::uint32_t> groups_of(std::uint32_t uid) = 0;

  /// A program of the system's, run to its end; see posix/tool.h.
  virtual Result<posix::ToolExit> run_tool(const posix::Tool& tool) = 0;

  /// A child that waits until it is ended or this process ends.
  virtual Answer start_child() = 0;
  virtual void end_child(std::int32_t pid) = 0;
};

}  // namespace m1opt::platform::darwin
