#include "client/doctor_workloads.h"

#include <fmt/format.h>

#include "client/json_view.h"

namespace m1opt::client {
namespace {

using boost::json::value;

constexpr const char* kGroup = "Workloads";
/// Percent of one core: below that a process is not at work, and where it ran says nothing.
constexpr double kAtWork = 20;
/// Percent of its CPU time. One that may use performance cores gets more of them than this.
constexpr double kConfined = 5;

Finding make(const std::string& id, bool good, std::string finding, std::string evidence,
             std::string fix) {
  return {id,
          kGroup,
          good ? FindingResult::pass : FindingResult::fail,
          std::move(finding),
          std::move(evidence),
          good ? std::string{} : std::move(fix)};
}

void examine_process(const value& process, std::vector<Finding>& findings) {
  const std::string name = text_at(process, "name");
  const std::string pid = text_at(process, "id.pid");
  const auto id = [&](const char* what) { return fmt::format("workload.{}.{}", pid, what); };
  const std::string who = fmt::format("{} (pid {})", name, pid);
  if (find(process, "background") != nullptr) {
    const bool background = flag_at(process, "background");
    findings.push_back(make(
        id("background"), !background,
        fmt::format("{} is {}", name, background ? "in the background" : "not in the background"),
        who, "start it without nice, SCHED_IDLE, taskpolicy -b or ProcessType Background"));
  }
  const auto share = number_at(process, "performance_core_share_percent");
  const double taken = number_at(process, "cpu_share_percent").value_or(0);
  if (share && taken >= kAtWork) {
    const bool confined = *share < kConfined;
    findings.push_back(make(
        id("cores"), !confined,
        fmt::format("{} {}", name,
                    confined ? "is kept on efficiency cores" : "uses performance cores"),
        fmt::format("pid {}: {:.0f} % of its CPU time on them, at {:.0f} % of a core", pid, *share,
                    taken),
        "start it without taskpolicy -b and -c, and without ProcessType Background or Adaptive"));
  }
  if (find(process, "app_nap") != nullptr) {
    const bool napped = flag_at(process, "app_nap");
    findings.push_back(
        make(id("app_nap"), !napped,
             fmt::format("{} is {} by App Nap", name, napped ? "held back" : "not held back"), who,
             "defaults write com.electron.ollama NSAppSleepDisabled -bool YES, "
             "then start Ollama again"));
  }
}

}  // namespace

std::vector<Finding> examine_workloads(const value& status) {
  std::vector<Finding> findings;
  for (const value& workload : list_at(status, "workloads")) {
    for (const value& process : list_at(workload, "processes")) {
      if (flag_at(process, "runner")) examine_process(process, findings);
    }
  }
  return findings;
}

}  // namespace m1opt::client
