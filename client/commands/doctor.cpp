#include "client/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/api.h"
#include "client/commands/all.h"
#include "client/render/text.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

const char* mark_of(FindingResult result) {
  switch (result) {
    case FindingResult::pass: return "[+]";
    case FindingResult::fail: return "[-]";
    case FindingResult::skipped: return "[ ]";
  }
  return "";
}

const char* word_of(FindingResult result) {
  switch (result) {
    case FindingResult::pass: return "pass";
    case FindingResult::fail: return "fail";
    case FindingResult::skipped: return "skipped";
  }
  return "";
}

render::Tone tone_of(FindingResult result) {
  switch (result) {
    case FindingResult::pass: return render::Tone::good;
    case FindingResult::fail: return render::Tone::bad;
    case FindingResult::skipped: return render::Tone::faint;
  }
  return render::Tone::faint;
}

std::string as_text(const Context& context, const std::vector<Finding>& findings) {
  const auto width = static_cast<std::size_t>(context.style.width);
  std::string out;
  std::string group;
  for (const Finding& finding : findings) {
    if (finding.group != group) {
      group = finding.group;
      out += render::paint(context.style, render::Tone::strong, group) + '\n';
    }
    out += render::labelled(
        render::paint(context.style, tone_of(finding.result), mark_of(finding.result)), 4,
        render::printable(fmt::format("{}: {}", finding.finding, finding.evidence)), width);
    if (!finding.fix.empty()) {
      out += render::labelled("", 4, render::printable("Fix: " + finding.fix), width);
    }
  }
  return out;
}

std::string as_json(const std::vector<Finding>& findings) {
  boost::json::array list;
  for (const Finding& finding : findings) {
    list.push_back({{"id", finding.id},
                    {"group", finding.group},
                    {"result", word_of(finding.result)},
                    {"finding", finding.finding},
                    {"evidence", finding.evidence},
                    {"fix", finding.fix.empty() ? boost::json::value(nullptr)
                                                : boost::json::value(finding.fix)}});
  }
  return wire::to_text(boost::json::object{
      {"schema", "m1opt.doctor/1"}, {"version", M1OPT_VERSION}, {"findings", list}});
}

}  // namespace

int run_doctor(Context& context, Arguments& arguments) {
  bool json = false;
  arguments.flag("--json", json, "One document {schema, findings}");
  if (const auto status = arguments.parse(context)) return *status;
  const std::vector<Finding> findings = examine(context);
  if (json) {
    print_document({as_json(findings), {}});
  } else {
    print(context, as_text(context, findings));
  }
  const bool healthy = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.result == FindingResult::fail;
  });
  return healthy ? exit_code::kOk : exit_code::kDegraded;
}

}  // namespace m1opt::client
