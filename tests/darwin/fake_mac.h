#pragma once

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/process_id.h"
#include "darwin/fake_smc.h"
#include "platform/darwin/layouts.h"
#include "platform/darwin/raw_calls.h"

namespace m1opt::test {

using namespace base;
namespace mac = platform::darwin;

/// pbi_status (bsd/sys/proc.h) and pbi_flags.
inline constexpr std::uint32_t kRuns = 2;
inline constexpr std::uint32_t kStopped = 4;
inline constexpr std::uint32_t kZombie = 5;
inline constexpr std::uint32_t kFlagOwnBackground = 0x8000;
inline constexpr std::uint32_t kFlagBackground = 0x10000;
inline constexpr std::uint32_t kFlagSuppressed = 0x800000;

struct MacProcess {
  std::int32_t parent{1};
  std::int32_t session{0};
  std::uint32_t uid{501};
  std::int64_t start{0};  ///< wall clock, microseconds
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  int nice{0};
  std::uint32_t status{kRuns};
  std::uint32_t flags{0};
  std::uint64_t user_ticks{0};
  std::uint64_t system_ticks{0};
  std::uint64_t performance_ticks{0};
  std::uint64_t runnable_ticks{0};
  std::uint64_t footprint{50U << 20U};
  int threads{3};
  int running{0};

  /// The kernel's effective priority: background first, then App Nap, then nice (task_policy.c).
  [[nodiscard]] int priority() const {
    if ((flags & (kFlagBackground | kFlagOwnBackground)) != 0) return 4;
    return (flags & kFlagSuppressed) != 0 ? 28 : 31 - nice;
  }
};

/// A Mac in memory that answers the raw calls as xnu does: what a test sets is
/// what the calls show, and failures are scripted.
class FakeMac final : public mac::RawCalls {
 public:
  FakeMac();

  // --- what tests do to it
  ProcessId start(std::int32_t pid, std::int32_t parent, const std::string& path,
                  std::uint32_t uid = 501);
  /// A child inherits nice, background, program and owner; it begins running.
  ProcessId fork(std::int32_t pid, std::int32_t parent);
  void end(std::int32_t pid);
  void deliver_pending_stop();
  void advance(std::int64_t microseconds) { wall += microseconds; }
  MacProcess& at(std::int32_t pid) { return processes.at(pid); }
  ProcessId id_of(std::int32_t pid) const {
    return {pid, static_cast<std::uint64_t>(processes.at(pid).start)};
  }
  void set_number(const std::string& name, std::int64_t value, std::size_t size = 4);
  void set_text(const std::string& name, const std::string& text);
  template <class T>
  void set_layout(const std::string& name, const T& value) {
    auto& bytes = sysctls[name];
    bytes.resize(sizeof(T));
    std::memcpy(bytes.data(), &value, sizeof(T));
  }
  /// Every optional thing goes: no sysctl, no notification, no IOKit, no
  /// process list, no priorities, statistics of zeros.
  void lose_everything();

  // --- the raw calls
  mac::Answer sysctl(const char* name, std::span<std::byte> out) override;
  mac::Answer process_arguments(std::int32_t pid, std::span<std::byte> out) override;
  int vm_statistics(std::span<std::uint32_t> out, std::uint32_t& count) override;
  int cpu_ticks(std::array<std::uint32_t, 4>& out) override;
  std::uint64_t page_size() override { return page; }
  mac::Timebase timebase() override { return ticks; }
  std::int64_t wall_microseconds() override { return wall; }
  mac::Answer list_all_pids(std::span<std::int32_t> out) override;
  mac::Answer process_info(std::int32_t pid, int flavor, std::span<std::byte> out) override;
  mac::Answer process_usage(std::int32_t pid, int flavor, std::span<std::byte> out) override;
  mac::Answer process_path(std::int32_t pid, std::span<char> out) override;
  mac::Answer session_of(std::int32_t pid) override;
  mac::Answer set_priority(int which, std::int32_t pid, int value) override;
  mac::Answer send_signal(std::int32_t pid, mac::Signal signal) override;
  std::uint32_t effective_user() override { return euid; }
  std::uint32_t notify_register_check(const char* name, int& token) override;
  std::uint32_t notify_get_state(int token, std::uint64_t& state) override;
  void notify_cancel(int token) override { cancelled_tokens.push_back(token); }
  std::uint32_t notify_register_descriptor(const char* name, int& fd) override;
  mac::Answer open_exit_events(std::int32_t pid) override;
  mac::Answer open_pressure_events() override;
  mac::Answer open_file_events(const std::vector<std::string>& paths, std::vector<int>& files) override;
  Result<int> open_power_messages() override;
  void allow_power_change(std::int64_t notification) override { allowed.push_back(notification); }
  Result<void> smc_open() override;
  int smc_call(std::span<const std::byte, mac::kSmcBytes> in,
               std::span<std::byte, mac::kSmcBytes> out) override {
    return smc.call(in, out);
  }
  Result<mac::PowerSources> power_sources() override;
  Result<std::uint32_t> create_assertion(const std::string& name, Duration timeout) override;
  Result<void> release_assertion(std::uint32_t id) override;
  Result<bool> has_assertion(std::uint32_t id) override {
    if (const auto found = find_in_iokit("IOPMAssertionCopyProperties"); !found) return found.error();
    return assertions.contains(id);
  }
  mac::Answer owner_of(const char* path) override {
    if (!console_owner || std::string_view(path) != "/dev/console") return {0, ENOENT};
    return {*console_owner, 0};
  }
  Result<std::vector<mac::AccessEntry>> access_list(const char* path) override;
  mac::Answer peer_credentials(int fd, std::span<std::byte> out) override;
  mac::Answer peer_pid(int) override { return {4711, 0}; }
  Result<std::uint32_t> find_group(const std::string& name) override;
  std::vector<std::uint32_t> groups_of(std::uint32_t uid) override;
  Result<platform::posix::ToolExit> run_tool(const platform::posix::Tool& tool) override;
  mac::Answer start_child() override;
  void end_child(std::int32_t pid) override { end(pid); }

  // --- its state
  std::map<std::int32_t, MacProcess> processes;
  std::map<std::string, std::vector<std::byte>> sysctls;
  std::map<std::string, int> sysctl_errors;  ///< errno by name, in the place of a value
  mac::VmStatistics vm{};
  std::uint32_t vm_words{38};  ///< what this kernel's structure has
  /// Counts that this kernel refuses, and how it answers an unlucky one.
  std::map<std::uint32_t, int> vm_refusals;
  int vm_code{0};
  std::array<std::uint32_t, 4> cpu{1000, 500, 8000, 0};
  std::uint64_t page{16384};
  mac::Timebase ticks{125, 3};
  std::int64_t wall{1'750'000'000'000'000};
  std::uint32_t euid{0};
  std::int32_t next_pid{900};
  bool notify_works{true};
  std::uint64_t thermal{0};
  int next_token{7};
  std::vector<int> cancelled_tokens;
  bool has_iokit{true};
  std::string iokit_lacks;  ///< a function of it
  FakeSmc smc;
  mac::PowerSources power{"AC Power", {{"InternalBattery", 80, 100}}};
  std::map<std::uint32_t, std::string> assertions;  ///< "NAME for SECONDS s" by id
  mac::PeerCredentials peer{0, 501, 2, 0, {20, 12}};
  std::map<std::string, std::vector<mac::AccessEntry>> access_lists;
  int access_error{0};
  int peer_error{0};
  std::int64_t peer_length{sizeof(mac::PeerCredentials)};
  std::map<std::string, std::uint32_t> groups{{"admin", 80}, {"staff", 20}};
  std::map<std::uint32_t, std::vector<std::uint32_t>> members;
  int group_lookups{0};
  std::vector<std::int64_t> allowed;
  Fd events;  ///< the other end of the descriptor opened last

  std::optional<std::uint32_t> console_owner{501};  ///< absent: there is no /dev/console
  int list_error{0};
  std::int64_t list_growth{0};  ///< more processes than the estimate said
  int info_error{0};            ///< of proc_pidinfo
  int info_failures{0};         ///< so many calls of it fail with EAGAIN
  std::int64_t info_length{-1};  ///< answer this length instead of the real one
  bool usage_v6{true};
  int usage_error{0};
  int priority_error{0};
  bool priority_ignored{false};  ///< answers 0 and does nothing
  int signal_error{0};
  bool stop_stays_pending{false};
  bool continue_ignored{false};  ///< SIGCONT answers 0 and does nothing
  /// Runs right before a signal or a priority takes effect: the time in which
  /// a number may go to another process.
  std::function<void(std::int32_t pid)> before_change;
  platform::posix::ToolExit tool_exit{0, {}, false, {}};
  int tool_error{0};
  std::function<void()> while_tool_runs;
  std::vector<platform::posix::Tool> tools;  ///< that were run
  std::vector<std::string> effects;  ///< "setpriority 4 812 0x1000", "kill 812 stop"

 private:
  int next_info_error() { return info_failures > 0 ? (--info_failures, EAGAIN) : info_error; }
  int open_events();
  Result<void> find_in_iokit(const std::string& function) const {
    if (!has_iokit) return Error{Errc::unsupported, 0, "IOKit cannot be opened"};
    if (function == iokit_lacks) return Error{Errc::unsupported, 0, "IOKit has no " + function};
    return {};
  }
  std::uint32_t last_assertion_{0};
  std::int32_t pending_stop_{0};  ///< the pid
  bool may_inspect(const MacProcess& process) const { return euid == 0 || euid == process.uid; }
  mac::AllInfo info_of(std::int32_t pid, const MacProcess& process) const;
};

}  // namespace m1opt::test
