#include "serve/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace m1opt::serve {

void AccessPolicy::configure(const model::ApiConfig& api) {
  read_ = api.read;
  group_name_ = api.group.empty() ? "administrators" : api.group;
  group_.reset();
  if (const auto found = find_group_(api.group)) group_ = *found;
}

Rights AccessPolicy::rights_of(const platform::PeerIdentity& peer) const {
  Rights rights;
  rights.root = is_root(peer.uid);
  const bool member =
      group_ && std::find(peer.groups.begin(), peer.groups.end(), *group_) != peer.groups.end();
  rights.admin = rights.root || member;
  rights.read = rights.admin || read_ == model::ReadAccess::everyone;
  return rights;
}

unsigned AccessPolicy::socket_mode() const {
  if (read_ == model::ReadAccess::everyone) return 0666;
  return group_ ? 0660 : 0600;
}

std::optional<wire::ProblemDocument> refuse(Access access, const Rights& rights,
                                            const std::string& group_name) {
  const auto problem = [](std::string detail, std::string hint) {
    return wire::make_problem(wire::ProblemCode::forbidden, std::move(detail), std::move(hint));
  };
  if (!rights.read) {
    return problem(fmt::format("Only root and the group {} may read", group_name),
                   "Run it again with sudo, or set api.read to \"everyone\"");
  }
  switch (access) {
    case Access::read: return std::nullopt;
    case Access::admin:
      if (rights.admin) return std::nullopt;
      return problem(fmt::format("Only root and the group {} may do that", group_name),
                     "Run it again with sudo");
    case Access::root:
      if (rights.root) return std::nullopt;
      return problem("Only root may do that: it outlives the daemon", "Run it again with sudo");
  }
  return std::nullopt;
}

}  // namespace m1opt::serve
