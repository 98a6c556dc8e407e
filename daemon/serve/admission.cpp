#include "serve/admission.h"

#include <algorithm>

namespace m1opt::serve {

void Admission::configure(Limits limits) {
  // A small total must leave something for the others.
  limits.reserved = std::min(limits.reserved, limits.total / 2);
  limits_ = limits;
}

bool Admission::enter(std::uint32_t uid, bool privileged) {
  const int room = privileged ? limits_.total : limits_.total - limits_.reserved;
  if (count_ >= room) return false;
  const auto found = per_user_.find(uid);
  const int own = found == per_user_.end() ? 0 : found->second;
  if (!privileged && own >= limits_.per_user) return false;
  ++count_;
  per_user_[uid] = own + 1;
  return true;
}

void Admission::leave(std::uint32_t uid) {
  --count_;
  const auto found = per_user_.find(uid);
  if (found != per_user_.end() && --found->second == 0) per_user_.erase(found);
}

}  // namespace m1opt::serve
