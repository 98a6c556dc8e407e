#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "model/config.h"

/// Whose workload may be given priority.
namespace m1opt::sense {

using namespace m1opt::base;
using namespace m1opt::model;

/// Remembers what the system's account look-ups said, which may be slow (a
/// directory server), for kRemembered.
class Rights {
 public:
  static constexpr Duration kRemembered = std::chrono::minutes(5);

  using IsAdministrator = std::function<bool(std::uint32_t uid, const std::string& group)>;
  using FindAccount = std::function<std::optional<std::uint32_t>(const std::string& account)>;

  Rights(std::uint32_t own_uid, IsAdministrator is_administrator, FindAccount find_account);

  /// Call at each tick, before the questions.
  void begin(const std::string& group, Instant now);

  /// Root, the daemon's own user, members of the group and the row's accounts are.
  bool is_trusted(std::uint32_t uid, const WorkloadConfig* row);

  /// Empty: a process of this user may be raised; otherwise why not.
  std::string why_not_raised(std::uint32_t uid, const WorkloadConfig* row);

 private:
  bool is_administrator(std::uint32_t uid);
  std::optional<std::uint32_t> find_account(const std::string& account);

  std::uint32_t own_uid_;
  IsAdministrator ask_administrator_;
  FindAccount ask_account_;
  std::string group_;
  std::optional<Instant> since_;
  std::map<std::uint32_t, bool> administrators_;
  std::map<std::string, std::optional<std::uint32_t>> accounts_;
};

}  // namespace m1opt::sense
