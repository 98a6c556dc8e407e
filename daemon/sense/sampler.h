#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/config.h"
#include "model/sample.h"
#include "platform/platform.h"

/// Turns what platform/ reads into one Sample a tick.
namespace m1opt::sense {

using namespace m1opt::base;
using namespace m1opt::model;

/// A process that asked for priority (m1optctl run): it and its descendants
/// are a workload of this name.
struct Lease {
  ProcessId process;
  std::string name;

  bool operator==(const Lease&) const = default;
};

/// What another thread learnt from the server of one workload.
struct ModelReport {
  std::string workload;  ///< name of its row in the config
  Instant taken;         ///< older than 3 periods of config.ollama = stale
  std::optional<std::vector<LoadedModel>> models;
  std::string fault;  ///< why `models` is absent; empty = the server was not asked
};

/// A runner that can be asked what it does: GET /slots on loopback. Only one
/// that may be raised, or a stranger could have the daemon talk to any port.
struct RunnerServer {
  ProcessId process;
  int port{0};

  bool operator==(const RunnerServer&) const = default;
};

struct RunnerReport {
  ProcessId process;
  Instant taken;  ///< before it was asked; older than 3 periods of config.ollama = stale
  std::optional<std::vector<SlotReading>> slots;
  std::string fault;  ///< why `slots` is absent
};

/// Temperatures and fans as the slow thread read them.
struct HardwareReport {
  HardwareReading reading;
  Instant taken;
};

/// How often they are asked for, at the most once a sample. Older than three of
/// these periods (or of samples, when those are rarer) they are stale.
inline constexpr Duration kHardwarePeriod = std::chrono::seconds(5);

struct SamplerOptions {
  std::vector<platform::Sensor> sensors;
  bool hardware_apart{false};  ///< temperatures and fans come by set_hardware_report
  std::int32_t own_pid{0};
  std::uint32_t own_uid{0};
  /// Is this user a member of the group (empty name: the system's
  /// administrators)? Asked once per user and 5 minutes: it may be slow.
  std::function<bool(std::uint32_t uid, const std::string& group)> is_administrator;
  std::function<std::optional<std::uint32_t>(const std::string& account)> find_account;
};

/// is_administrator and find_account of the system.
void use_system_accounts(SamplerOptions& options);

/// Not thread-safe: the control thread owns it. The setters take effect with
/// the next take().
class Sampler {
 public:
  /// `processes` and `clock` must outlive the sampler; `clock` only times the sensors.
  Sampler(SamplerOptions options, platform::ProcessTable& processes, const Clock& clock);
  Sampler(Sampler&&) noexcept;
  Sampler& operator=(Sampler&&) noexcept;
  ~Sampler();

  void set_leases(std::vector<Lease> leases);
  /// Replaces the earlier report of the same workload.
  void set_model_report(ModelReport report);
  /// Replaces the earlier report of the same process.
  void set_runner_report(RunnerReport report);
  void set_hardware_report(HardwareReport report);
  /// Processes that m1opt holds. `targets` stay in Sample.targets until they
  /// end, whatever they run by then, and their `waited` is read; `members` of
  /// workloads are listed however many others there are.
  void set_held(const std::vector<ProcessId>& targets,
                const std::vector<ProcessId>& members = {});
  /// Called between two sensors, about once a second while they take long.
  void set_heartbeat(std::function<void()> heartbeat);
  /// Processes never to be targets besides the fixed list (the guardian).
  void set_protected_pids(std::vector<std::int32_t> pids);

  /// Never throws and never fails: what could not be read is a Problem.
  Sample take(const Config& config, Instant now);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace m1opt::sense
