#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/config.h"
#include "platform/platform.h"
#include "wire/problem.h"

namespace m1opt::serve {

/// What a route asks of its caller.
enum class Access { read, admin, root };
BOOST_DESCRIBE_ENUM(Access, read, admin, root)

struct Rights {
  bool read{false};
  bool admin{false};
  bool root{false};  ///< uid 0 or the daemon's own user
};

/// Turns peer credentials into rights by the config's words.
class AccessPolicy {
 public:
  using FindGroup = std::function<base::Result<std::uint32_t>(const std::string&)>;

  AccessPolicy(std::uint32_t own_uid, FindGroup find_group)
      : own_uid_(own_uid), find_group_(std::move(find_group)) {}

  /// Looks the group up again. A group that does not exist means root only.
  void configure(const model::ApiConfig& api);

  [[nodiscard]] bool is_root(std::uint32_t uid) const { return uid == 0 || uid == own_uid_; }
  /// By the groups that the peer's process really has, not by what its account might have.
  [[nodiscard]] Rights rights_of(const platform::PeerIdentity& peer) const;
  /// Of the socket file; 0660 goes with group().
  [[nodiscard]] unsigned socket_mode() const;
  [[nodiscard]] std::optional<std::uint32_t> group() const { return group_; }
  [[nodiscard]] const std::string& group_name() const { return group_name_; }

 private:
  std::uint32_t own_uid_;
  FindGroup find_group_;
  model::ReadAccess read_{model::ReadAccess::everyone};
  std::optional<std::uint32_t> group_;
  std::string group_name_;
};

/// Nothing when the rights are enough.
std::optional<wire::ProblemDocument> refuse(Access access, const Rights& rights,
                                            const std::string& group_name);

}  // namespace m1opt::serve
