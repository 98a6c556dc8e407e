#include "sense/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace m1opt::sense {

Rights::Rights(std::uint32_t own_uid, IsAdministrator is_administrator, FindAccount find_account)
    : own_uid_(own_uid),
      ask_administrator_(std::move(is_administrator)),
      ask_account_(std::move(find_account)) {}

void Rights::begin(const std::string& group, Instant now) {
  if (since_ && group == group_ && now - *since_ < kRemembered) return;
  group_ = group;
  since_ = now;
  administrators_.clear();
  accounts_.clear();
}

bool Rights::is_administrator(std::uint32_t uid) {
  const auto known = administrators_.find(uid);
  if (known != administrators_.end()) return known->second;
  const bool answer = ask_administrator_ && ask_administrator_(uid, group_);
  administrators_.emplace(uid, answer);
  return answer;
}

std::optional<std::uint32_t> Rights::find_account(const std::string& account) {
  const auto known = accounts_.find(account);
  if (known != accounts_.end()) return known->second;
  const auto uid = ask_account_ ? ask_account_(account) : std::nullopt;
  accounts_.emplace(account, uid);
  return uid;
}

bool Rights::is_trusted(std::uint32_t uid, const WorkloadConfig* row) {
  if (uid == 0 || uid == own_uid_) return true;
  if (row != nullptr && std::any_of(row->accounts.begin(), row->accounts.end(),
                                    [&](const auto& name) { return find_account(name) == uid; })) {
    return true;
  }
  return is_administrator(uid);
}

std::string Rights::why_not_raised(std::uint32_t uid, const WorkloadConfig* row) {
  if (row != nullptr && !row->raise) return "priority is off for this workload in the config";
  if (is_trusted(uid, row)) return {};
  return fmt::format(
      "uid {} is not root, not in the administrators' group and not a listed account", uid);
}

}  // namespace m1opt::sense
