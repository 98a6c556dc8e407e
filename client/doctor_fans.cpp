#include "client/doctor_fans.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/json_view.h"

namespace m1opt::client {
namespace {

using boost::json::value;

constexpr const char* kFansGroup = "Fans";

/// "fan 0 forced at 5000 rpm"; empty when no fan tells its mode.
std::vector<std::string> fan_lines(const value& status, bool& forced) {
  std::vector<std::string> lines;
  for (const value& fan : list_at(status, "thermal.fans")) {
    const std::string mode = text_at(fan, "mode");
    if (mode.empty()) continue;
    forced = forced || mode == "forced";
    lines.push_back(
        fmt::format("{} {} at {} rpm", text_at(fan, "name"), mode, text_at(fan, "rpm")));
  }
  return lines;
}

}  // namespace

void judge_fans(const value& status, std::vector<Finding>& findings) {
  bool forced = false;
  const auto lines = fan_lines(status, forced);
  if (lines.empty()) return;
  Finding finding{"fans.mode",
                  kFansGroup,
                  forced ? FindingResult::fail : FindingResult::pass,
                  forced ? "another program holds the speed of a fan" : "macOS controls the fans",
                  fmt::format("{}", fmt::join(lines, ", ")),
                  forced ? "set the fans to automatic in the program that holds them: while it does, "
                           "macOS does not raise them with the heat"
                         : ""};
  for (const Finding& helper : findings) {
    if (helper.group == kFansGroup) finding.evidence += fmt::format("; {}", helper.finding);
  }
  std::erase_if(findings, [](const Finding& each) { return each.group == kFansGroup; });
  findings.push_back(std::move(finding));
}

}  // namespace m1opt::client
