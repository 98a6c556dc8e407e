#include "sense/crowd.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace m1opt::sense {

int leave_out_crowd(std::vector<Tracked*>& members, const std::function<bool(const Tracked&)>& stays,
                    const std::function<bool(std::uint32_t uid)>& is_trusted) {
  if (members.size() <= kMostMembers) return 0;
  std::unordered_map<std::uint32_t, std::size_t> of_user;
  std::vector<std::pair<int, Tracked*>> ranked;
  for (Tracked* member : members) {
    const auto uid = member->info.uid;
    const bool among_first = ++of_user[uid] <= kFirstOfUser;
    const int rank = stays(*member) ? 0 : !among_first ? 3 : is_trusted(uid) ? 1 : 2;
    ranked.emplace_back(rank, member);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto left_out = members.size() - kMostMembers;
  members.resize(kMostMembers);
  std::transform(ranked.begin(), ranked.begin() + kMostMembers, members.begin(),
                 [](const auto& entry) { return entry.second; });
  std::sort(members.begin(), members.end(),
            [](const Tracked* a, const Tracked* b) { return a->info.id.pid < b->info.id.pid; });
  return static_cast<int>(left_out);
}

}  // namespace m1opt::sense
