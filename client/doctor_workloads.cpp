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

std::string id_of(const value& process, const char* what) {
  return fmt::format("workload.{}.{}", text_at(process, "id.pid"), what);
}

/// Of every process: a server that naps keeps those waiting who ask it.
void examine_nap(const value& process, std::vector<Finding>& findings) {
  if (find(process, "app_nap") == nullptr) return;
  const bool napped = flag_at(process, "app_nap");
  findings.push_back(
      make(id_of(process, "app_nap"), !napped,
           fmt::format("{} is {} by App Nap", text_at(process, "name"), napped ? "held back" : "not held back"),
           fmt::format("pid {}", text_at(process, "id.pid")),
           "defaults write com.electron.ollama NSAppSleepDisabled -bool YES, "
           "then start Ollama again"));
}

void examine_runner(const value& process, std::vector<Finding>& findings) {
  const std::string name = text_at(process, "name");
  const std::string pid = text_at(process, "id.pid");
  if (find(process, "background") != nullptr) {
    const bool background = flag_at(process, "background");
    findings.push_back(make(
        id_of(process, "background"), !background,
        fmt::format("{} is {}", name, background ? "in the background" : "not in the background"),
        fmt::format("pid {}", pid), "start it without nice, SCHED_IDLE, taskpolicy -b or ProcessType Background"));
  }
  const auto share = number_at(process, "performance_core_share_percent");
  const double taken = number_at(process, "cpu_share_percent").value_or(0);
  if (share && taken >= kAtWork) {
    const bool confined = *share < kConfined;
    findings.push_back(make(
        id_of(process, "cores"), !confined,
        fmt::format("{} {}", name,
                    confined ? "is kept on efficiency cores" : "uses performance cores"),
        fmt::format("pid {}: {:.0f} % of its CPU time on them, at {:.0f} % of a core", pid, *share,
                    taken),
        "start it without taskpolicy -b and -c, and without ProcessType Background or Adaptive"));
  }
}

}  // namespace

std::vector<Finding> examine_workloads(const value& status) {
  std::vector<Finding> findings;
  for (const value& workload : list_at(status, "workloads")) {
    for (const value& process : list_at(workload, "processes")) {
      if (flag_at(process, "runner")) examine_runner(process, findings);
      examine_nap(process, findings);
    }
  }
  return findings;
}

}  // namespace m1opt::client
