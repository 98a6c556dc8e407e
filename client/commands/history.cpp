#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/amount.h"
#include "client/api.h"
#include "client/commands/all.h"
#include "client/json_view.h"
#include "client/render/history.h"
#include "client/render/plot.h"

namespace m1opt::client {
namespace {

constexpr double kUsualSince = 3600;
constexpr double kRows = 18;  ///< of a table on a screen

struct Wish {
  std::string metric;
  std::optional<double> since;  ///< seconds
  std::optional<double> step;
  bool plot{false};
  bool json{false};
};

/// As fine as what is shown has room for.
double step_of(const Wish& wish, const render::Style& style) {
  if (wish.step) return std::max(std::ceil(*wish.step), 1.0);
  const auto columns = static_cast<double>(render::plot_columns(style, render::kHistoryLabel));
  return std::max(std::ceil(wish.since.value_or(kUsualSince) / (wish.plot ? columns : kRows)), 1.0);
}

std::string path_of(const Wish& wish, const render::Style& style) {
  if (wish.metric == "effects") {
    return "/v1/history/effects" + (wish.since ? "?since=" + time_before(*wish.since) : "");
  }
  if (wish.metric.empty()) return "/v1/history";
  std::string path = fmt::format("/v1/history?metric={}&since={}", escape_segment(wish.metric),
                                 time_before(wish.since.value_or(kUsualSince)));
  if (!wish.json || wish.step) path += fmt::format("&step_s={:.0f}", step_of(wish, style));
  return path;
}

std::string rendered(const Wish& wish, const boost::json::value& document, const render::Style& style) {
  const auto now = std::chrono::system_clock::now();
  if (wish.metric == "effects") return render::render_effects(document, style, now);
  if (wish.metric.empty()) return render::render_history_metrics(document, style, now);
  const boost::json::value* series = find(document, "series");
  if (series == nullptr) return {};
  return wish.plot ? render::render_history_plot(*series, style, now)
                   : render::render_history_table(*series, style, now);
}

/// Seconds; false: it has been said what is wrong, with this status.
bool take_duration(const Context& context, const std::string& text, std::optional<double>& into, int& status) {
  if (text.empty()) return true;
  const auto seconds = parse_duration(text);
  if (seconds) {
    into = *seconds;
    return true;
  }
  status = report(context, seconds.error());
  return false;
}

}  // namespace

int run_history(Context& context, Arguments& arguments) {
  Wish wish;
  std::string since;
  std::string step;
  arguments
      .positional("METRIC", wish.metric,
                  "One of those that `history` alone lists, or effects: what each hold changed")
      .option("--since", since, "8h", "The last 45s, 30m, 8h, 2d; 1h when absent; of effects the latest 100 at most")
      .option("--step", step, "5m", "A row or a column for each so much time")
      .flag("--plot", wish.plot, "As a plot: from the lowest to the highest, a mark at the average")
      .flag("--json", wish.json, "The API's document unchanged");
  if (const auto status = arguments.parse(context)) return *status;
  int status = exit_code::kOk;
  if (!take_duration(context, since, wish.since, status) || !take_duration(context, step, wish.step, status)) {
    return status;
  }
  if ((wish.metric.empty() || wish.metric == "effects") && (wish.plot || wish.step)) {
    return report(context, {exit_code::kUsage, "--plot and --step need a metric", "See: m1optctl history"});
  }
  const auto document = ask(context, {"GET", path_of(wish, context.style)});
  if (!document) return report(context, document.error());
  if (wish.json) {
    print_document(*document);
    return exit_code::kOk;
  }
  print(context, rendered(wish, document->value, context.style));
  if (const std::string fault = text_at(document->value, "fault"); !fault.empty()) {
    complain(context, "what happens is not kept: " + fault);
  }
  return exit_code::kOk;
}

}  // namespace m1opt::client
