#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/platform.h"

namespace m1opt::test {

using namespace m1opt::base;
using namespace m1opt::model;

/// A value as it is, and as it would be had m1opt never touched anything.
struct SimValue {
  std::int64_t now{0};
  std::int64_t own{0};

  void set_by_others(std::int64_t value) { now = own = value; }
  [[nodiscard]] bool as_before() const { return now == own; }
};

inline constexpr std::array kThreadAttributes{Attribute::policy, Attribute::nice,
                                              Attribute::io_priority, Attribute::clamp_min};

struct SimThread {
  ProcessId id;
  std::array<SimValue, kThreadAttributes.size()> values{};
};

struct SimProcess {
  ProcessId id;
  std::int32_t parent{1};
  std::int32_t session{0};
  std::int64_t group{0};  ///< autogroup of its session; such numbers never come again
  std::uint32_t uid{0};
  std::string path;
  std::vector<std::string> arguments;
  double appetite{0};  ///< cores it takes
  Duration cpu_time{};
  std::uint64_t mark{0};
  SimValue stopped;
  std::vector<SimThread> threads;
  std::vector<ProcessId> lineage;  ///< all it descends from
};

/// One computer in memory, as Linux would show it: processes with threads, session groups, exec,
/// exit, numbers that come again; others who change values too; calls that fail. It notes what must
/// never be asked of it.
class SimMachine final : public platform::ProcessTable, public platform::ProcessControl {
 public:
  /// Above every number a real process can have, so that what is asked of the real system by a
  /// number of this machine never hits anybody.
  static constexpr std::int32_t kFirstPid = 5'000'000;
  static constexpr std::int32_t kPids = 200;

  std::map<std::int32_t, SimProcess> processes;
  std::map<std::int64_t, SimValue> groups;  ///< nice of an autogroup
  std::vector<std::string> faults;          ///< what must never have been asked

  /// Called in the middle of what the daemon does: after so many more of its calls.
  int calls_until_event{-1};
  std::function<void()> event;
  /// Asked before each write; true: it fails.
  std::function<bool()> write_fails = [] { return false; };
  std::function<bool()> undo_denied = [] { return false; };
  int failed_writes{0};
  /// When, in calls, a process was last changed and when it was last identified.
  std::map<std::int32_t, long> changed_at;
  std::map<std::int32_t, long> identified_at;

  SimProcess& start(const std::string& path, std::vector<std::string> arguments, double appetite,
                    std::optional<std::int32_t> number = {});
  /// A child as fork() makes it.
  SimProcess& fork(std::int32_t parent, const std::string& path, std::vector<std::string> arguments,
                   double appetite);
  void exit(std::int32_t pid);
  /// Does the number name a process, a thread, or a session that somebody is in?
  [[nodiscard]] bool is_taken(std::int32_t number) const;
  void add_thread(SimProcess& process);
  void pass(Duration d);

  // platform::ProcessTable
  Result<std::vector<std::int32_t>> list() override;
  Result<void> list_range(std::int32_t first, std::int32_t last,
                          std::vector<platform::ListedProcess>& out) override;
  std::optional<std::int32_t> newest_pid() override { return newest_; }
  Result<ProcessInfo> stat(std::int32_t pid) override;
  Result<std::string> executable(std::int32_t pid) override;
  Result<std::uint32_t> owner(std::int32_t pid) override;
  Result<std::vector<std::string>> arguments(std::int32_t pid) override;
  Result<Duration> waited(ProcessId process) override;
  Result<bool> has_watchdog(std::int32_t) override { return false; }

  // platform::ProcessControl
  Result<std::string> identify(ProcessId process) override;
  std::uint64_t start_token_now() override { return token_ + 1; }
  std::optional<SubjectKind> holder(Attribute attribute) override;
  Result<std::vector<ProcessId>> threads(ProcessId process) override;
  Result<Subject> autogroup(ProcessId process) override;
  Result<std::vector<std::int32_t>> autogroup_members(const Subject& group) override;
  Result<Subject> cgroup(ProcessId) override { return Error{Errc::unsupported, 0, "no cgroups"}; }
  Result<std::vector<std::int32_t>> cgroup_members(const Subject&) override {
    return Error{Errc::unsupported, 0, "no cgroups"};
  }
  Result<std::int64_t> read(Attribute attribute, const Subject& subject) override;
  Result<void> write(Attribute attribute, const Subject& subject, std::int64_t value) override;
  Result<void> may_undo(const Change&) override;

 private:
  std::int32_t free_number();
  SimProcess& add(SimProcess process, std::optional<std::int32_t> number);
  SimProcess* find(std::int32_t pid);
  SimProcess* find(ProcessId process);
  SimValue* value_of(Attribute attribute, const Subject& subject);
  void called();

  long calls_{0};
  std::int64_t last_group_{0};
  std::uint64_t token_{100};
  std::int32_t newest_{kFirstPid};
};

}  // namespace m1opt::test
