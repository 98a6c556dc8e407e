#include "client/render/findings.h"

#include <fmt/format.h>

#include "client/render/text.h"

namespace m1opt::client::render {
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

Tone tone_of(FindingResult result) {
  switch (result) {
    case FindingResult::pass: return Tone::good;
    case FindingResult::fail: return Tone::bad;
    case FindingResult::skipped: return Tone::faint;
  }
  return Tone::faint;
}

}  // namespace

std::string findings_text(const Style& style, const std::vector<Finding>& findings) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string out;
  std::string group;
  for (const Finding& finding : findings) {
    if (finding.group != group) {
      group = finding.group;
      out += paint(style, Tone::strong, group) + '\n';
    }
    out += labelled(paint(style, tone_of(finding.result), mark_of(finding.result)), 4,
                    printable(fmt::format("{}: {}", finding.finding, finding.evidence)), width);
    if (!finding.fix.empty()) out += labelled("", 4, printable("Fix: " + finding.fix), width);
  }
  return out;
}

boost::json::array findings_json(const std::vector<Finding>& findings) {
  boost::json::array list;
  for (const Finding& finding : findings) {
    list.push_back({{"id", finding.id},
                    {"group", finding.group},
                    {"result", word_of(finding.result)},
                    {"finding", finding.finding},
                    {"evidence", finding.evidence},
                    {"fix", finding.fix.empty() ? boost::json::value(nullptr) : boost::json::value(finding.fix)}});
  }
  return list;
}

}  // namespace m1opt::client::render
