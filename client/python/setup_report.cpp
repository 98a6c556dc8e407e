#include "client/python/setup_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "client/render/findings.h"
#include "client/render/format.h"
#include "client/render/text.h"
#include "client/shell_words.h"

namespace m1opt::client::python {
namespace {

constexpr std::chrono::milliseconds kShowEvery{200};

boost::json::array words_json(const std::vector<std::string>& words) {
  boost::json::array list;
  for (const std::string& word : words) list.emplace_back(word);
  return list;
}

/// `seconds`: empty before they ran.
boost::json::object document_of(const SetupPlan& plan, const std::vector<double>& seconds) {
  boost::json::array commands;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    commands.push_back({{"what", plan.steps[i].what},
                        {"words", words_json(plan.steps[i].words)},
                        {"duration_s", i < seconds.size() ? boost::json::value(seconds[i]) : boost::json::value(nullptr)}});
  }
  return {{"schema", "m1opt.python_setup/1"},
          {"version", M1OPT_VERSION},
          {"directory", plan.directory},
          {"kept", plan.kept.empty() ? boost::json::value(nullptr) : boost::json::value(plan.kept)},
          {"free_bytes", plan.free_bytes == 0 ? boost::json::value(nullptr) : boost::json::value(plan.free_bytes)},
          {"commands", commands}};
}

}  // namespace

std::string plan_text(const SetupPlan& plan, const render::Style& style) {
  std::string text =
      plan.kept.empty() ? fmt::format("A new environment in {}. To be run:\n", plan.directory)
                        : fmt::format("{} is an environment already, and is kept ({}).{}\n", plan.directory, plan.kept,
                                      plan.steps.empty() ? " Nothing to be run." : " To be run:");
  // Not wrapped: a command is there to be copied.
  for (const Step& step : plan.steps) text += fmt::format("  {}\n", render::printable(command_line(step.words)));
  std::string rest;
  if (!plan.imports.empty()) {
    rest = fmt::format("Then {} {} imported, and must compute. ", fmt::join(plan.imports, ", "),
                       plan.imports.size() == 1 ? "is" : "are");
  }
  if (plan.free_bytes > 0) rest += fmt::format("Free on that volume: {}.", size_text(plan.free_bytes));
  if (!rest.empty()) text += render::labelled("", 0, rest, static_cast<std::size_t>(style.width));
  return text;
}

boost::json::object plan_json(const SetupPlan& plan) { return document_of(plan, {}); }

std::string outcome_text(const SetupPlan& plan, const SetupOutcome& outcome, const render::Style& style) {
  const DiskUse& use = outcome.use;
  std::string took = fmt::format("{} takes {}{}", plan.directory, use.whole ? "" : "more than ", size_text(use.bytes));
  if (use.shared_bytes > 0) took += fmt::format(", of which {} are shared with uv's cache", size_text(use.shared_bytes));
  took += fmt::format("; it was done in {}.", render::format_duration(outcome.seconds));
  return render::findings_text(style, outcome.findings) +
         render::labelled("", 0, took, static_cast<std::size_t>(style.width)) +
         fmt::format("To use it: source {}\n", command_line({plan.directory + "/bin/activate"}));
}

boost::json::object outcome_json(const SetupPlan& plan, const SetupOutcome& outcome) {
  boost::json::object document = document_of(plan, outcome.step_seconds);
  document["findings"] = render::findings_json(outcome.findings);
  document["size_bytes"] = outcome.use.bytes;
  document["shared_bytes"] = outcome.use.shared_bytes;
  document["duration_s"] = outcome.seconds;
  return document;
}

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) == 1),
      width_(static_cast<std::size_t>(render::detect_style(STDERR_FILENO, render::ColorChoice::never).width)) {}

void ProgressLine::show(const Step& step, const std::string& output) {
  if (step.what != step_) {
    step_ = step.what;
    told_ = 0;
    start_ = std::chrono::steady_clock::now();
    if (!terminal_) std::fprintf(stderr, "m1optctl: %s\n", step_.c_str());
  }
  if (terminal_) {
    show_on_terminal(step, output);
    return;
  }
  for (std::size_t end = output.find('\n', told_); end != std::string::npos; end = output.find('\n', told_)) {
    std::fprintf(stderr, "  %s\n", render::printable(output.substr(told_, end - told_)).c_str());
    told_ = end + 1;
  }
}

void ProgressLine::show_on_terminal(const Step& step, const std::string& output) {
  const auto now = std::chrono::steady_clock::now();
  if (now - shown_ < kShowEvery) return;
  shown_ = now;
  std::string text = fmt::format("{}, {}: {}", step.what,
                                 render::format_duration(base::seconds_of(now - start_)), last_line(output));
  text = render::to_ascii(text).substr(0, width_ > 1 ? width_ - 1 : 79);
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
}

void ProgressLine::clear() {
  if (terminal_ && !step_.empty()) std::fputs("\r\x1b[K", stderr);
}

}  // namespace m1opt::client::python
