#include "client/planning/targets.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>

namespace m1opt::client::planning {
namespace {

bool is_meant(const model::TargetConfig& target, const std::string& path) {
  return target.mode == model::TargetMode::suspend &&
         std::any_of(target.executables.begin(), target.executables.end(), [&](const std::string& pattern) {
           return pattern.find('/') != std::string::npos && ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
         });
}

}  // namespace

std::vector<advise::Holder> held_by_targets(const model::Config& config, platform::ProcessTable& table) {
  const auto pids = table.list();
  if (!pids) return {};
  std::map<std::string, std::uint64_t> held;
  for (const std::int32_t pid : *pids) {
    const auto path = table.executable(pid);
    if (!path) continue;
    const auto target = std::find_if(config.targets.begin(), config.targets.end(),
                                     [&](const model::TargetConfig& row) { return is_meant(row, *path); });
    if (target == config.targets.end()) continue;
    const auto process = table.stat(pid);
    if (!process || process->state == model::RunState::stopped) continue;
    held[target->name] += static_cast<std::uint64_t>(process->footprint.value());
  }
  std::vector<advise::Holder> holders;
  for (const auto& [name, bytes] : held) holders.push_back({name, bytes});
  return holders;
}

}  // namespace m1opt::client::planning
