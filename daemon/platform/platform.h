#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "model/process.h"
#include "model/sample.h"
#include "model/snapshot.h"
#include "model/tier.h"
#include "model/undo_record.h"

/// The seams between m1opt and an operating system. platform/<os>/ fetches raw
/// values; what they mean is worked out in portable files. A function that an
/// OS lacks returns `unsupported`.
namespace m1opt::platform {

using namespace m1opt::base;
using namespace m1opt::model;

/// Reads one group of fields of a Sample. On failure the field stays empty and
/// the Problems say why; a partial success may do both.
struct Sensor {
  std::string name;                                  ///< "memory", "thermal"
  std::function<std::vector<Problem>(Sample&)> read;
  /// Firmware or another program is asked, which may hang. (What the kernel knows by itself is slow
  /// only when this program does not get to run, and then it is wanted most.)
  bool asks_others{false};
};

/// The sensors of this system, one per group; a missing one is a row that
/// reports `unsupported`, so every field of Sample has a reader.
/// `sysroot` is prefixed to every path read ("" = the machine itself).
std::vector<Sensor> make_sensors(const std::string& sysroot);

/// Reads temperatures and fans where that may take long (macOS: the SMC), for
/// the slow thread; empty where a sensor reads them.
std::function<HardwareReading()> make_hardware_reader(const std::string& sysroot);

/// Who sets the speed of a fan.
enum class FanControl {
  automatic,   ///< firmware or driver, by temperature
  manual,      ///< a program of somebody's
  full_speed,  ///< nobody: it runs as fast as it can
  system       ///< the operating system, for reasons of its own
};

/// A fan with what limits it; what its driver does not tell is absent.
struct FanDetail {
  std::string name;
  std::optional<std::int64_t> rpm;
  std::optional<std::int64_t> least_rpm;
  std::optional<std::int64_t> most_rpm;
  std::optional<std::int64_t> target_rpm;
  std::optional<Percent> duty;  ///< share of the time in which it gets power
  std::optional<FanControl> control;
  std::string control_source;  ///< "pwm1_enable is 2"; empty when nothing tells
};
/// For who asks once; the sensors only read the speeds. Empty: this machine has none, for certain;
/// `unsupported` when that is not known. Sets nothing: there is no function that does.
Result<std::vector<FanDetail>> read_fan_details(const std::string& sysroot);

/// What does not change while the machine is up.
MachineReading read_machine(const std::string& sysroot, std::vector<Problem>& problems);

/// Displays that are connected now; `unsupported` where that cannot be told.
Result<int> count_displays(const std::string& sysroot);

Result<BootId> read_boot_id(const std::string& sysroot);

/// A line of the process list. `mark` changes when the number goes to another
/// process (Linux: the inode number of /proc/PID, for which the list pays
/// nothing extra) and may change at other times; 0 where there is none.
struct ListedProcess {
  std::int32_t pid{0};
  std::uint64_t mark{0};

  bool operator==(const ListedProcess&) const = default;
};

/// Looks at processes; changes nothing.
class ProcessTable {
 public:
  virtual ~ProcessTable() = default;

  /// All pids, ascending; one directory read (Linux) or one call (macOS).
  virtual Result<std::vector<std::int32_t>> list() = 0;
  /// One cheap read (/proc/PID/stat): everything in ProcessInfo but
  /// `executable`, `uid`; `name` is the kernel's short name.
  virtual Result<ProcessInfo> stat(std::int32_t pid) = 0;
  /// Resolved path of the program the process runs now. `not_permitted` for a
  /// stranger's process without CAP_SYS_PTRACE; `gone` for kernel threads.
  virtual Result<std::string> executable(std::int32_t pid) = 0;
  virtual Result<std::uint32_t> owner(std::int32_t pid) = 0;
  /// At most the first 64 arguments and 4 KiB; for matching only.
  virtual Result<std::vector<std::string>> arguments(std::int32_t pid) = 0;
  /// Time all threads have waited for a core since they started (schedstat).
  virtual Result<Duration> waited(ProcessId process) = 0;

  /// Like list(), but only pids from `first` to `last`, put into `out` (cleared
  /// first), so that a large table need not be read whole at each tick.
  virtual Result<void> list_range(std::int32_t first, std::int32_t last,
                                  std::vector<ListedProcess>& out);
  /// The number given most recently to a process or thread; numbers are given
  /// in rising order and wrap. Absent: unknown, so only a whole list finds new ones.
  virtual std::optional<std::int32_t> newest_pid() { return std::nullopt; }
  /// Does a service manager expect a sign of life from this process (systemd:
  /// WATCHDOG_USEC)? Stopping it would get it killed. `unsupported` where there
  /// is no such thing; `not_permitted` when its environment may not be read.
  virtual Result<bool> has_watchdog(std::int32_t pid);
  /// Those of these variables that it was started with, as NAME=value; of the rest of its
  /// environment nothing is kept. Only for the client, which asks about its own user's processes:
  /// no answer of the daemon has anybody's environment.
  virtual Result<std::vector<std::string>> variables(std::int32_t pid,
                                                     const std::vector<std::string>& names);
};

std::unique_ptr<ProcessTable> make_process_table(const std::string& sysroot);

/// Changes processes. Every call names a ProcessId and checks that the number
/// still belongs to it before and after the system call.
class ProcessControl {
 public:
  virtual ~ProcessControl() = default;

  /// The path the process runs now; `gone` when the ProcessId is not alive any more.
  virtual Result<std::string> identify(ProcessId process) = 0;
  /// The start token a process born now would get. Tokens never go back on
  /// Linux; on macOS they are wall time and do when the clock is set back.
  virtual std::uint64_t start_token_now() = 0;
  /// What has a value of this attribute on this system, a process or each of
  /// its threads (or their group); empty: the system has no such attribute.
  virtual std::optional<SubjectKind> holder(Attribute attribute) = 0;
  /// Threads alive now, each with its own start token; `unsupported` where no
  /// attribute belongs to threads.
  virtual Result<std::vector<ProcessId>> threads(ProcessId process) = 0;
  /// The session group (Linux autogroup) of a process, as a subject for
  /// autogroup_nice; `unsupported` where there are none.
  virtual Result<Subject> autogroup(ProcessId process) = 0;
  /// The processes of that session group.
  virtual Result<std::vector<std::int32_t>> autogroup_members(const Subject& group) = 0;
  /// The cgroup v2 directory of a process as a subject, when it is not the
  /// root one and its CPU controller is on; `unsupported` otherwise.
  virtual Result<Subject> cgroup(ProcessId process) = 0;
  /// Pids in that cgroup and below it.
  virtual Result<std::vector<std::int32_t>> cgroup_members(const Subject& group) = 0;

  virtual Result<std::int64_t> read(Attribute attribute, const Subject& subject) = 0;
  /// Sets the value. `gone` when the subject ended; `changed` when the number
  /// was reused in between (the stranger got its own value back).
  virtual Result<void> write(Attribute attribute, const Subject& subject, std::int64_t value) = 0;
  /// Would writing `change.before` over `change.set` be permitted? Checked
  /// before the change is made; never tried on the subject itself.
  virtual Result<void> may_undo(const Change& change) = 0;
};

std::unique_ptr<ProcessControl> make_process_control();

/// Asks the system's own tool for scheduling tiers; identity and program are
/// checked right before and after. Not part of ProcessControl, whose every
/// change can be read and undone. Blocks for seconds: the slow thread calls it.
TierOutcome set_tiers(const TierRequest& request);
/// False where there are none at all.
bool has_tiers();

/// Asks the system to end the backup that runs now; the next one begins by
/// itself. Blocks for seconds: the slow thread calls it.
ErrandOutcome stop_backup(const ErrandRequest& request);

/// What this process may do, tried on a sacrificial child at start.
std::vector<Capability> probe_capabilities();

/// Does this program run as another processor's, through a translator (macOS: Rosetta)? What such
/// a program is told of the machine is not all true.
bool is_translated();

/// Which of the two systems this was built for.
bool is_macos();

/// A path that starts this very program again, even when its file was replaced.
std::string self_executable();

/// Who is at the other end of a connected Unix socket.
struct PeerIdentity {
  std::uint32_t uid{0};
  std::int32_t pid{0};
  std::vector<std::uint32_t> groups;
};
Result<PeerIdentity> peer_identity(int fd);

/// Does an access list besides the mode let somebody other than root change this
/// file or directory? Says who and how to mend it; absent: nobody. A symlink is
/// looked at itself. On Linux such a list shows in the mode's group bits.
Result<std::optional<std::string>> find_foreign_writer(const std::string& path);

/// The gid of a group; for an empty name the system's administrators (macOS
/// admin, Linux sudo, then wheel). `gone` when there is no such group.
Result<std::uint32_t> find_group(const std::string& name);
/// Is this user a member of the group, by its primary or listed groups?
bool is_member(std::uint32_t uid, std::uint32_t gid);
Result<std::uint32_t> find_user(const std::string& name);
/// A group that the system's services share and no person is in, such as syslog.
bool is_service_group(std::uint32_t gid);

/// Becomes readable when the process ends.
Result<Fd> open_exit_watch(ProcessId process);

/// Becomes ready when something happens that is worth a look.
struct EventWatch {
  Fd fd;
  Duration window{};
  std::string text;  ///< "PSI memory some 50 ms in 500 ms"
  bool urgent{false};  ///< waited for with POLLPRI instead of POLLIN
  std::function<void()> consume{};  ///< makes it silent again; empty: poll() itself does
  /// What the event proves: the share of the window in which some task, or all, waited for memory.
  std::optional<Percent> some_stall{};
  std::optional<Percent> full_stall{};
  std::vector<Fd> kept{};  ///< what must stay open for it
};
/// When memory gets short, one for each threshold, mildest first. Linux: tries windows of 500 ms,
/// then of 2 s. `unsupported` when there is none.
Result<std::vector<EventWatch>> open_pressure_watches();
/// When a file of these is written to, or an entry of a directory of these comes, goes or is
/// renamed. What is not there is left out. Once it is ready it stays so: open a new one, which a
/// replaced file needs anyhow.
Result<EventWatch> open_file_watch(const std::vector<std::string>& paths);
/// When the thermal level changes; `unsupported` where it can only be polled.
Result<EventWatch> open_thermal_watch();

enum class SleepEvent { will_sleep, awake };

/// Tells before the machine sleeps and once it does not (any more).
class SleepWatch {
 public:
  virtual ~SleepWatch() = default;

  /// Readable when there is an event.
  [[nodiscard]] virtual int fd() const = 0;
  /// Empty when there is none. After will_sleep the machine waits for allow().
  virtual std::optional<SleepEvent> next() = 0;
  virtual void allow() = 0;
};
/// `unsupported` on Linux, where a gap between two ticks tells it afterwards.
Result<std::unique_ptr<SleepWatch>> open_sleep_watch();
/// "sleep_notice": whether it is told before the machine sleeps, of what opening gave.
Capability capability_of(const Result<std::unique_ptr<SleepWatch>>& watch);

/// Whose the console is: of the user who is logged in at the machine, root where nobody is. Absent where it cannot be
/// read, and on Linux: no file of the kernel's belongs to whoever is logged in.
std::optional<std::uint32_t> console_owner();

/// What became of the last hold() of a SleepBlocker.
struct SleepBlock {
  bool held{false};            ///< by it, or still by an earlier one
  bool waiting{false};         ///< it has not been answered yet
  std::optional<Error> fault;  ///< it failed, or what was held has ended; told once
};

/// Keeps the machine from falling asleep while nobody uses it; closing the lid
/// still works. Ends with this process. Waits for nobody: where the answer
/// comes later, check() brings it.
class SleepBlocker {
 public:
  virtual ~SleepBlocker() = default;

  /// Can it be had? "keep_awake", for status and doctor.
  virtual Capability probe() = 0;
  /// Begins or renews; unless renewed it ends by itself after `at_most`. An
  /// earlier one lasts until the new one does. `unsupported`: not on this system.
  virtual Result<void> hold(Duration at_most, const std::string& reason) = 0;
  virtual SleepBlock check() = 0;
  virtual Result<void> release() = 0;
};
/// `trusted` is asked about each program before it is run.
std::unique_ptr<SleepBlocker> make_sleep_blocker(
    std::function<Result<void>(const std::string& path)> trusted);

/// Resident memory and CPU time of a process of our own.
struct ProcessCost {
  Bytes resident;
  Duration cpu_time{};
  std::string resident_source;  ///< "PSS" (shared pages by share) or, where it may not be read, "RSS"
};
Result<ProcessCost> read_cost(std::int32_t pid);

/// Of this process: pages in which nothing is allocated any more, between others too, go back to the system. Some 0.1 ms
/// for a heap of a few MiB (malloc_trim(3), malloc_zone_pressure_relief).
void give_back_free_memory();

}  // namespace m1opt::platform
