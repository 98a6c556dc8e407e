#include "client/simulate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "client/render/format.h"
#include "client/render/text.h"
#include "wire/encode.h"

namespace m1opt::client {
namespace {

using decide::ReplayReport;
using model::ActionKind;
using model::ActionVerb;

constexpr std::size_t kClockColumn = 11;
constexpr std::size_t kMostDifferences = 20;

/// Since the trace's first tick: 01:05:03, hours beyond 24 too.
std::string clock_text(base::Duration at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at).count();
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string span_text(base::Duration span) { return render::format_duration(base::seconds_of(span)); }

const char* verb_text(const decide::ReplayAction& action) {
  const bool begin = action.verb == ActionVerb::begin;
  switch (action.kind) {
    case ActionKind::background: return begin ? "background" : "foreground";
    case ActionKind::suspend: return begin ? "suspend" : "resume";
    case ActionKind::raise: return begin ? "raise" : "lower";
    case ActionKind::pause_workload: return begin ? "rest" : "go on";
  }
  return "";
}

std::string action_text(const decide::ReplayAction& action) {
  using enum model::OutcomeCode;
  const bool plain = action.code == applied || action.code == undone;
  return fmt::format("{} {} ({}){}: {}", verb_text(action), action.name.empty() ? action.target : action.name,
                     action.process.pid, plain ? "" : ", " + wire::enum_word(action.code), action.text);
}

std::string request_text(const decide::ReplayRequest& request) {
  std::string text = request.what;
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!request.subject.empty()) text += ' ' + request.subject;
  if (request.process) text += fmt::format(" ({})", request.process->pid);
  return text + ": " + request.text;
}

struct Line {
  base::Duration at;
  std::string text;
};

/// Of one time in the order that they have.
void sort_in_time(std::vector<Line>& lines) {
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.at < b.at; });
}

class Page {
 public:
  explicit Page(const render::Style& style) : style_(style), width_(static_cast<std::size_t>(style.width)) {}

  void labelled(const std::string& label, const std::string& text, std::size_t column = kClockColumn) {
    out_ += render::labelled(render::pad_right(label, column), column, render::printable(text), width_);
  }
  void heading(const std::string& text) { out_ += '\n' + render::paint(style_, render::Tone::strong, text) + '\n'; }
  void line(const std::string& text) { out_ += render::printable(text) + '\n'; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  const render::Style& style_;
  std::size_t width_;
  std::string out_;
};

void add_unseen(Page& page, const Simulated& simulated) {
  if (simulated.unseen.empty()) return;
  page.labelled("", fmt::format("The trace knows nothing of {}: nobody looked for that, or not for the same programs, when "
                                "it was recorded.", fmt::join(simulated.unseen, ", ")));
}

void add_summary(Page& page, const Simulation& simulation) {
  const ReplayReport& report = simulation.simulated.report;
  std::string from = simulation.version.empty() ? "" : ", recorded by m1optd " + simulation.version;
  if (!simulation.machine.os.empty()) from += " on " + simulation.machine.os;
  if (!simulation.machine.chip.empty()) from += ", " + simulation.machine.chip;
  page.labelled("Trace", fmt::format("{}: {} ticks, {}{}", simulation.trace, report.ticks, span_text(report.span), from));
  page.labelled("Config", simulation.simulated.config);
  add_unseen(page, simulation.simulated);
  if (simulation.other) {
    page.labelled("Other", simulation.other->config);
    add_unseen(page, *simulation.other);
  }
  if (simulation.cut_off) page.labelled("", "The last line is cut off and was left out.");
}

void add_targets(Page& page, const ReplayReport& report) {
  if (report.targets.empty()) {
    page.labelled("Held", "nothing");
    return;
  }
  page.heading(fmt::format("{:<20} {:>11} {:>10} {:>12} {:>13}", "Target", "background", "suspended",
                           "transitions", "busiest hour"));
  for (const auto& row : report.targets) {
    page.line(fmt::format("{:<20} {:>11} {:>10} {:>12} {:>13}", row.name, span_text(row.background),
                          span_text(row.suspended), row.transitions, row.busiest_hour));
  }
  page.line(fmt::format("{:<20} {:>11} {:>10} {:>12} {:>13}", "together", "", "", report.transitions,
                        report.busiest_hour));
  if (report.still_held > 0) page.line(fmt::format("{} still held at the end", report.still_held));
}

void add_workloads(Page& page, const ReplayReport& report) {
  page.heading(fmt::format("{:<20} {:>11} {:>10} {:>12}", "Workload", "busy", "resident", "raised"));
  for (const auto& row : report.workloads) {
    page.line(fmt::format("{:<20} {:>11} {:>10} {:>12}", row.name, span_text(row.busy),
                          span_text(row.resident), span_text(row.raised)));
  }
  page.line(fmt::format("{:<20} {:>11}", "kept awake", span_text(report.awake)));
}

void add_rules(Page& page, const ReplayReport& report) {
  if (report.rules.empty()) return;
  page.heading(fmt::format("{:<27} {:>7} {:>7}", "Rule", "tripped", "times"));
  for (const auto& row : report.rules) {
    page.line(fmt::format("{:<27} {:>7} {:>7}", row.name, span_text(row.tripped), row.trips));
  }
}

void add_decisions(Page& page, const ReplayReport& report) {
  std::vector<Line> lines;
  for (const auto& action : report.actions) lines.push_back({action.at, action_text(action)});
  for (const auto& request : report.requests) lines.push_back({request.at, request_text(request)});
  sort_in_time(lines);
  page.heading(lines.empty() ? "No decisions" : "Decisions");
  for (const Line& line : lines) page.labelled("  " + clock_text(line.at), line.text);
}


template <class Row>
const Row* find_row(const std::vector<Row>& rows, const std::string& name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

/// The names of both, those of the first before the others.
template <class Row>
std::vector<std::string> names_of(const std::vector<Row>& first, const std::vector<Row>& second) {
  std::vector<std::string> names;
  for (const auto* rows : {&first, &second}) {
    for (const Row& row : *rows) {
      if (std::find(names.begin(), names.end(), row.name) == names.end()) names.push_back(row.name);
    }
  }
  return names;
}

void add_pair(Page& page, const std::string& name, const std::string& first, const std::string& second) {
  page.line(fmt::format("{:<34} {:>12} {:>12}{}", name, first, second, first == second ? "" : "  *"));
}

template <class Row>
void add_times(Page& page, const std::string& name, const Row* first, const Row* second,
               base::Duration Row::*member, const char* what) {
  const auto time = [&](const Row* row) { return row == nullptr ? base::Duration{} : row->*member; };
  if (time(first) == base::Duration{} && time(second) == base::Duration{}) return;
  add_pair(page, name + what, span_text(time(first)), span_text(time(second)));
}

void add_comparison(Page& page, const Simulation& simulation) {
  const ReplayReport& first = simulation.simulated.report;
  const ReplayReport& second = simulation.other->report;
  page.heading(fmt::format("{:<34} {:>12} {:>12}", "", "Config", "Other"));
  for (const auto& name : names_of(first.targets, second.targets)) {
    const auto* a = find_row(first.targets, name);
    const auto* b = find_row(second.targets, name);
    add_times(page, name, a, b, &decide::ReplayTarget::background, ", background");
    add_times(page, name, a, b, &decide::ReplayTarget::suspended, ", suspended");
    add_pair(page, name + ", transitions", std::to_string(a == nullptr ? 0 : a->transitions),
             std::to_string(b == nullptr ? 0 : b->transitions));
  }
  add_pair(page, "transitions", std::to_string(first.transitions), std::to_string(second.transitions));
  add_pair(page, "transitions in the busiest hour", std::to_string(first.busiest_hour),
           std::to_string(second.busiest_hour));
  for (const auto& name : names_of(first.workloads, second.workloads)) {
    add_times(page, name, find_row(first.workloads, name), find_row(second.workloads, name),
              &decide::ReplayWorkload::raised, ", raised");
  }
  add_pair(page, "kept awake", span_text(first.awake), span_text(second.awake));
  for (const auto& name : names_of(first.rules, second.rules)) {
    add_times(page, name, find_row(first.rules, name), find_row(second.rules, name),
              &decide::ReplayRule::tripped, ", tripped");
  }
}

void add_differences(Page& page, const Simulation& simulation) {
  const auto whose = [](bool first) { return std::string(first ? "only Config: " : "only Other: "); };
  std::vector<Line> found;
  for (const auto& [first, action] : simulation.differences) {
    found.push_back({action.at, whose(first) + action_text(action)});
  }
  for (const auto& [first, request] : simulation.request_differences) {
    found.push_back({request.at, whose(first) + request_text(request)});
  }
  sort_in_time(found);
  if (found.empty()) {
    page.heading("The same decisions");
    return;
  }
  page.heading(found.size() > kMostDifferences
                   ? fmt::format("The first {} of {} differences", kMostDifferences, found.size())
                   : "Differences");
  for (std::size_t i = 0; i < std::min(found.size(), kMostDifferences); ++i) {
    page.labelled("  " + clock_text(found[i].at), found[i].text);
  }
}

}  // namespace

std::string render_simulation(const Simulation& simulation, const render::Style& style) {
  Page page(style);
  add_summary(page, simulation);
  if (simulation.other) {
    add_comparison(page, simulation);
    add_differences(page, simulation);
    return page.take();
  }
  add_targets(page, simulation.simulated.report);
  add_workloads(page, simulation.simulated.report);
  add_rules(page, simulation.simulated.report);
  add_decisions(page, simulation.simulated.report);
  return page.take();
}

}  // namespace m1opt::client
