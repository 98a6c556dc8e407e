#include "client/render/status.h"

#include <fmt/format.h>

#include "client/json_view.h"
#include "client/render/status_readings.h"
#include "client/render/text.h"

namespace m1opt::client::render {
namespace {

using boost::json::value;

constexpr std::size_t kLabel = 11;

/// Readings older than this are said to be so, whatever the period.
constexpr double kOldReading = 30;

struct Screen {
  const Style& style;
  TimePoint now;
  std::string text{};

  void row(std::string_view label, std::string_view content) {
    text += labelled(paint(style, Tone::strong, label), kLabel, content,
                     static_cast<std::size_t>(style.width));
  }
  /// A line below a row, set in by `indent` more.
  void item(std::string_view content, std::size_t indent = 0) {
    text += labelled("", kLabel + indent, content, static_cast<std::size_t>(style.width));
  }

  [[nodiscard]] std::string time(const value& document, std::string_view path) const {
    const auto point = parse_rfc3339(text_at(document, path));
    return point ? format_time(*point, now) : "an unknown time";
  }
  [[nodiscard]] std::string elapsed(const value& document, std::string_view path) const {
    const auto point = parse_rfc3339(text_at(document, path));
    return point ? format_duration(std::chrono::duration<double>(now - *point).count()) : "?";
  }
};

Tone tone_of_mode(std::string_view mode) {
  if (mode == "active") return Tone::good;
  return mode == "safe" ? Tone::bad : Tone::warning;
}

void add_headline(Screen& screen, const value& status) {
  if (flag_at(status, "pause.active")) {
    const bool timed = find(status, "pause.until") != nullptr;
    screen.text +=
        paint(screen.style, Tone::warning,
              fmt::format("PAUSED {} by uid {}: m1opt changes nothing. End it: "
                          "m1optctl unpause",
                          timed ? "until " + screen.time(status, "pause.until") : "until unpause",
                          text_at(status, "pause.uid"))) +
        '\n';
  }
  const std::string mode = printable(text_at(status, "mode"));
  const Tone tone = tone_of_mode(mode);
  screen.text += fmt::format(
      "{} m1optd {}  {}  since {} ({})  pid {}\n", paint(screen.style, tone, "\u25cf"),
      printable(text_at(status, "version")), paint(screen.style, tone, mode.empty() ? "?" : mode),
      screen.time(status, "started"), screen.elapsed(status, "started"), text_at(status, "pid"));
  const std::string headline = printable(text_at(status, "headline"));
  if (!headline.empty()) {
    screen.text += labelled("", 2, headline, static_cast<std::size_t>(screen.style.width));
  }
}

void add_machine(Screen& screen, const value& status) {
  std::string machine = printable(text_at(status, "machine.chip"));
  const std::string model = printable(text_at(status, "machine.model"));
  if (machine.empty()) machine = unknown(status, "machine.chip");
  if (!model.empty()) machine += ", " + model;
  const std::string system = printable(text_at(status, "machine.os"));
  if (!system.empty()) machine += ", " + system;
  screen.row("Machine", machine);
  screen.row("Pressure", pressure_line(status, screen.style));
  screen.row("Memory", memory_line(status));
  screen.row("Swap", swap_line(status));
  screen.row("CPU", cpu_line(status));
  screen.row("Thermal", thermal_line(status, screen.style));
  screen.row("Power", power_line(status));
  if (const std::string profile = printable(text_at(status, "config.profile")); !profile.empty()) {
    screen.row("Profile",
               fmt::format("{}: {}", profile, printable(text_at(status, "config.profile_reason"))));
  }
  if (const auto age = number_at(status, "age_s"); age && *age > kOldReading) {
    screen.item(paint(screen.style, Tone::warning,
                      fmt::format("readings are {} old", format_duration(*age))));
  }
}

/// "CPU 12 % of one core": two samples must be compared first.
std::string core_share(const value& document, std::string_view path) {
  const auto share = number_at(document, path);
  return share ? fmt::format("CPU {} of one core", format_percent(*share)) : "CPU not measured yet";
}

std::string own_memory(const value& status) {
  const auto bytes = number_at(status, "self.resident_bytes");
  return bytes ? format_bytes(*bytes) : "unknown";
}

/// Only what was asked for: what is in force nobody can read.
std::string tiers_asked(const value& member) {
  const std::string text = printable(text_at(member, "tiers.text"));
  return text.empty() ? "" : ", tiers: " + text;
}

std::string member_line(const value& member) {
  std::string line = fmt::format(
      "{} pid {}, {}, {}, nice {}", printable(text_at(member, "name")),
      text_at(member, "id.pid"), core_share(member, "cpu_share_percent"),
      format_bytes(number_at(member, "footprint_bytes").value_or(0)), text_at(member, "nice"));
  if (flag_at(member, "raised")) return line + ", raised" + tiers_asked(member);
  const std::string why = printable(text_at(member, "not_raised"));
  return why.empty() ? line : fmt::format("{}, not raised: {}", line, why);
}

void add_models(Screen& screen, const value& workload) {
  for (const value& model : list_at(workload, "models")) {
    std::string line = fmt::format("model {}, {}", printable(text_at(model, "name")),
                                   format_bytes(number_at(model, "size_bytes").value_or(0)));
    const std::string context = text_at(model, "context_length");
    if (!context.empty()) line += fmt::format(", context {}", context);
    screen.item(line, 2);
  }
}

void add_workloads(Screen& screen, const value& status) {
  bool any = false;
  for (const value& workload : list_at(status, "workloads")) {
    const std::string state = text_at(workload, "state");
    if (state == "absent") continue;
    const std::string source = printable(text_at(workload, "state_source"));
    screen.row(
        any ? "" : "LLM",
        fmt::format("{} {} since {}{}, {}, {}", printable(text_at(workload, "name")),
                    paint(screen.style, state == "busy" ? Tone::strong : Tone::faint, state),
                    screen.time(workload, "since"),
                    source.empty() ? "" : fmt::format(" ({})", source),
                    core_share(workload, "cpu_share_percent"),
                    format_bytes(number_at(workload, "footprint_bytes").value_or(0))));
    any = true;
    add_models(screen, workload);
    for (const value& member : list_at(workload, "processes")) {
      if (flag_at(member, "runner") || flag_at(member, "raised")) {
        screen.item(member_line(member), 2);
      }
    }
    if (const auto unlisted = number_at(workload, "unlisted").value_or(0); unlisted > 0) {
      screen.item(fmt::format("{:.0f} more processes than are taken in: neither counted nor raised", unlisted), 2);
    }
  }
  if (!any) screen.row("LLM", "no workload runs");
}

const char* word_of(std::string_view kind) {
  if (kind == "suspend") return "suspended";
  if (kind == "background") return "background";
  if (kind == "pause_workload") return "resting";
  return kind == "raise" ? "raised" : "held";
}

void add_holds(Screen& screen, const value& status) {
  const auto& holds = list_at(status, "holds");
  screen.row("Held", holds.empty() ? "nothing" : fmt::format("{}", holds.size()));
  const auto width = static_cast<std::size_t>(screen.style.width);
  for (const value& hold : holds) {
    const std::string kind = text_at(hold, "kind");
    screen.text += labelled(
        "", 2,
        fmt::format("{} {}{} pid {}, since {} ({}), ends in {}", printable(text_at(hold, "target")),
                    paint(screen.style, Tone::strong, word_of(kind)),
                    flag_at(hold, "manual") ? " by hand," : ",", text_at(hold, "process.pid"),
                    screen.time(hold, "since"),
                    format_duration(number_at(hold, "held_s").value_or(0)),
                    format_duration(number_at(hold, "remaining_s").value_or(0))),
        width);
    const std::string rule = printable(text_at(hold, "rule"));
    screen.text += labelled("", 4,
                            fmt::format("because {}{}", printable(text_at(hold, "reason")),
                                        rule.empty() ? "" : fmt::format(" (rule {})", rule)),
                            width);
    if (find(hold, "effective") != nullptr && !flag_at(hold, "effective")) {
      screen.text += labelled("", 4, "ineffective: its share of the CPU did not fall", width);
    }
  }
}

/// Nothing to say while it is neither wanted nor failing; whether it may sleep is the usual thing.
void add_awake(Screen& screen, const value& status) {
  const std::string reason = printable(text_at(status, "awake.reason"));
  if (flag_at(status, "awake.held")) {
    screen.row("Awake", fmt::format("kept from falling asleep by itself since {}: {}",
                                    screen.time(status, "awake.since"), reason));
  } else if (flag_at(status, "awake.wanted")) {
    const std::string problem = printable(text_at(status, "awake.problem"));
    screen.row("Awake", paint(screen.style, Tone::warning, "may fall asleep") +
                            (problem.empty() ? ": being asked for, because " + reason : ": " + problem));
  }
}

void add_self(Screen& screen, const value& status) {
  screen.row("Self",
             fmt::format("{}, memory {}, tick {:.1f} ms every {}, worst lateness {:.1f} ms",
                         core_share(status, "self.cpu_share_percent"), own_memory(status),
                         1000 * number_at(status, "self.tick_time_s").value_or(0),
                         format_duration(number_at(status, "self.period_s").value_or(0)),
                         1000 * number_at(status, "self.worst_lateness_s").value_or(0)));
  const auto files = number_at(status, "self.open_files");
  const auto wakeups = number_at(status, "self.wakeups_per_s");
  if (files && wakeups) {
    screen.item(fmt::format("{:.0f} open files, {:.1f} wake-ups a second", *files, *wakeups));
  }
  if (const auto stretch = number_at(status, "self.stretch"); stretch && *stretch > 1) {
    screen.item(paint(screen.style, Tone::warning,
                      fmt::format("looks {:.0f} times less often to keep its CPU budget", *stretch)));
  }
  if (flag_at(status, "guardian.alive")) {
    screen.item(fmt::format("guardian pid {}", text_at(status, "guardian.pid")));
  } else if (only_looks(status)) {
    screen.item("no guardian: in this mode there is nothing to undo");
  } else {
    screen.item(paint(screen.style, Tone::bad, "no guardian: nothing new is held"));
  }
}

void add_health(Screen& screen, const value& status) {
  const auto width = static_cast<std::size_t>(screen.style.width);
  const std::string fault = printable(text_at(status, "config.fault"));
  const auto& health = list_at(status, "health");
  if (health.empty() && fault.empty()) {
    screen.row("Health", "nothing to report");
    return;
  }
  screen.row("Health", "");
  for (const value& finding : health) {
    const std::string severity = text_at(finding, "severity");
    const Tone tone = severity == "error"     ? Tone::bad
                      : severity == "warning" ? Tone::warning
                                              : Tone::faint;
    screen.text += labelled(fmt::format("  {}", paint(screen.style, tone, severity)), kLabel,
                            printable(text_at(finding, "text")), width);
    const std::string fix = printable(text_at(finding, "fix"));
    if (!fix.empty()) screen.item("Fix: " + fix);
  }
  if (!fault.empty()) {
    screen.text +=
        labelled(fmt::format("  {}", paint(screen.style, Tone::warning, "config")), kLabel,
                 "the newer file was rejected, the old one is in use: " + fault, width);
  }
}

}  // namespace

std::string unknown(const value& status, std::string_view path) {
  const auto below = [](std::string_view inner, std::string_view outer) {
    return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '.';
  };
  std::string reason;
  for (const value& problem : list_at(status, "problems")) {
    const std::string reader = text_at(problem, "reader");
    if (reader == path) return fmt::format("unknown ({})", printable(text_at(problem, "text")));
    if (below(path, reader) || below(reader, path)) reason = text_at(problem, "text");
  }
  return fmt::format("unknown ({})", reason.empty() ? "no reason given" : printable(reason));
}

bool only_looks(const value& status) {
  const std::string mode = text_at(status, "mode");
  return mode == "dry_run" || mode == "sysroot";
}

bool is_degraded(const value& status) {
  for (const value& finding : list_at(status, "health")) {
    if (text_at(finding, "severity") == "error") return true;
  }
  return false;
}

std::string render_status(const value& status, const Style& style, TimePoint now) {
  Screen screen{style, now};
  add_headline(screen, status);
  add_machine(screen, status);
  add_workloads(screen, status);
  add_holds(screen, status);
  add_awake(screen, status);
  add_self(screen, status);
  add_health(screen, status);
  return screen.text;
}

}  // namespace m1opt::client::render
