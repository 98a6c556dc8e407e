#include "client/render/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "client/json_view.h"
#include "client/render/plot.h"
#include "client/render/text.h"
#include "decide/metrics.h"

namespace m1opt::client::render {
namespace {

using boost::json::value;

std::size_t width_of(const Style& style) { return static_cast<std::size_t>(style.width); }

std::string time_at(const value& document, std::string_view path, TimePoint now) {
  const auto time = parse_rfc3339(text_at(document, path));
  return time ? format_time(*time, now) : "?";
}

struct Point {
  TimePoint time;
  double span{0};
  PlotColumn values;
};

std::vector<Point> points_of(const value& series) {
  std::vector<Point> points;
  for (const value& point : list_at(series, "points")) {
    const auto time = parse_rfc3339(text_at(point, "time"));
    const auto min = number_at(point, "min");
    const auto avg = number_at(point, "avg");
    const auto max = number_at(point, "max");
    if (!time || !min || !avg || !max) continue;
    points.push_back({*time, number_at(point, "span_s").value_or(0), {*min, *avg, *max}});
  }
  return points;
}

double seconds_between(TimePoint from, TimePoint to) { return std::chrono::duration<double>(to - from).count(); }

/// In sentences: now, on the average, at the lowest and the highest, and for how long it was known.
std::string summary(const value& series, const std::vector<Point>& points, const Style& style, TimePoint now) {
  const std::string metric = text_at(series, "metric");
  const auto since = parse_rfc3339(text_at(series, "since"));
  const auto until = parse_rfc3339(text_at(series, "until"));
  const double whole = since && until ? std::max(seconds_between(*since, *until), 0.0) : 0;
  const std::string head = fmt::format("{}, {}: ", printable(metric), format_duration(whole));
  if (points.empty()) return labelled("", 0, head + "nothing is known", width_of(style));
  const auto by_min = [](const Point& a, const Point& b) { return a.values.min < b.values.min; };
  const auto by_max = [](const Point& a, const Point& b) { return a.values.max < b.values.max; };
  const Point& lowest = *std::min_element(points.begin(), points.end(), by_min);
  const Point& highest = *std::max_element(points.begin(), points.end(), by_max);
  double known = 0;
  double sum = 0;
  for (const Point& point : points) {
    known += point.span;
    sum += point.values.avg * point.span;
  }
  const double mean = known > 0 ? sum / known : points.back().values.avg;
  std::string text = fmt::format(
      "{}last {}, average {}, lowest {} at {}, highest {} at {}", head,
      history_value(metric, points.back().values.avg), history_value(metric, mean),
      history_value(metric, lowest.values.min), format_time(lowest.time, now),
      history_value(metric, highest.values.max), format_time(highest.time, now));
  if (whole - known > whole / 50) text += fmt::format("; nothing is known of {}", format_duration(whole - known));
  return labelled("", 0, text, width_of(style));
}

/// A line for each, beside for how long it was watched.
std::string readings_of(const value& effect) {
  constexpr std::size_t kName = 22;
  const std::string spans =
      fmt::format("  {} before \u2192 {} after", format_duration(number_at(effect, "before_s").value_or(0)),
                  format_duration(number_at(effect, "after_s").value_or(0)));
  std::string out;
  const auto shown = [](std::string_view metric, const std::optional<double>& reading) {
    return reading ? history_value(metric, *reading) : std::string("unknown");
  };
  for (const value& reading : list_at(effect, "readings")) {
    const std::string metric = printable(text_at(reading, "metric"));
    out += pad_right(out.empty() ? spans : "", text_width(spans)) + "  " + pad_right(metric, kName) +
           fmt::format("{} \u2192 {}\n", shown(metric, number_at(reading, "before")),
                       shown(metric, number_at(reading, "after")));
  }
  return out.empty() ? spans + "  nothing was known\n" : out;
}

/// What the kinds of holds do, for people.
std::string verb_of(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kVerbs{
      {{"background", "to the background"}, {"suspend", "suspended"}, {"pause_workload", "given a rest"},
       {"raise", "given priority"}}};
  const auto* row = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const auto& known) { return known.first == kind; });
  return printable(row == kVerbs.end() ? kind : row->second);
}

}  // namespace

std::string history_value(std::string_view metric, double value) {
  const decide::Metric* known = decide::find_metric(metric);
  const bool whole = std::floor(value) == value;
  if (known == nullptr) return fmt::format("{:.{}f}", value, whole ? 0 : 1);
  switch (known->unit) {
    case decide::MetricUnit::pressure:
    case decide::MetricUnit::thermal:
    case decide::MetricUnit::yes_no:
      if (!whole) return fmt::format("{:.1f}", value);
      return decide::value_text(*known, value);
    case decide::MetricUnit::percent:
    case decide::MetricUnit::core_percent: return format_percent(value);
    case decide::MetricUnit::bytes_per_second: return format_rate(value);
    case decide::MetricUnit::bytes:
    case decide::MetricUnit::celsius: return decide::value_text(*known, value);
  }
  return {};
}

std::string render_history_metrics(const value& document, const Style& style, TimePoint now) {
  std::string out;
  constexpr std::size_t kName = 26;
  for (const value& metric : list_at(document, "metrics")) {
    const std::string name = printable(text_at(metric, "name"));
    const std::string text = find(metric, "first") == nullptr
                                 ? paint(style, Tone::faint, "never read")
                                 : fmt::format("{} to {}", time_at(metric, "first", now), time_at(metric, "last", now));
    out += pad_right(name, kName) + text + '\n';
  }
  return out;
}

std::string render_history_table(const value& series, const Style& style, TimePoint now) {
  const std::string metric = text_at(series, "metric");
  const auto points = points_of(series);
  std::string out = summary(series, points, style, now);
  if (points.empty()) return out;
  const auto row = [](std::string_view time, std::string_view min, std::string_view avg, std::string_view max) {
    return pad_right(time, 21) + pad_right(min, 14) + pad_right(avg, 14) + std::string(max) + '\n';
  };
  out += paint(style, Tone::strong, row("from", "lowest", "average", "highest"));
  const double step = number_at(series, "step_s").value_or(0);
  std::optional<TimePoint> expected;
  for (const Point& point : points) {
    if (expected && seconds_between(*expected, point.time) > step) out += "...\n";
    out += row(format_time(point.time, now), history_value(metric, point.values.min),
               history_value(metric, point.values.avg), history_value(metric, point.values.max));
    expected = point.time + std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(step));
  }
  return out;
}

std::string render_history_plot(const value& series, const Style& style, TimePoint now) {
  const std::string metric = text_at(series, "metric");
  const auto points = points_of(series);
  std::string out = summary(series, points, style, now);
  const auto since = parse_rfc3339(text_at(series, "since"));
  const auto until = parse_rfc3339(text_at(series, "until"));
  if (points.empty() || !since || !until || *since >= *until) return out;
  PlotColumns columns(plot_columns(style, kHistoryLabel));
  const double whole = seconds_between(*since, *until);
  const auto place = [&](double seconds) {
    const double share = std::clamp(seconds / whole, 0.0, 1.0);
    return std::min(static_cast<std::size_t>(share * static_cast<double>(columns.size())), columns.size() - 1);
  };
  for (const Point& point : points) {
    const double begin = seconds_between(*since, point.time);
    // A point that stands for longer than a column is wide fills all of its columns.
    for (std::size_t i = place(begin); i <= place(begin + point.span - 1e-3); ++i) {
      if (!columns[i]) columns[i] = point.values;
      columns[i]->min = std::min(columns[i]->min, point.values.min);
      columns[i]->max = std::max(columns[i]->max, point.values.max);
      columns[i]->avg = point.values.avg;
    }
  }
  PlotFrame frame;
  frame.since = *since;
  frame.until = *until;
  frame.value_text = [&metric](double value) { return history_value(metric, value); };
  return out + render_plot(columns, frame, style, kHistoryLabel);
}

std::string render_effects(const value& document, const Style& style, TimePoint now) {
  std::string out;
  for (const value& effect : list_at(document, "effects")) {
    const std::string time = time_at(effect, "time", now);
    std::string text = fmt::format(
        "{} {} (pid {}): {}", printable(text_at(effect, "target")), verb_of(text_at(effect, "kind")),
        text_at(effect, "process.pid"), printable(text_at(effect, "reason")));
    out += labelled(paint(style, Tone::strong, time) + "  ", text_width(time) + 2, text, width_of(style));
    out += readings_of(effect);
  }
  return out.empty() ? "nothing was held in that time\n" : out;
}

}  // namespace m1opt::client::render
