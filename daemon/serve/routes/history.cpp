#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "serve/query.h"
#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/nearest.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

constexpr Duration kDefaultSpan = std::chrono::hours(1);
/// With kLargestPiece in mind: a point takes up to 150 bytes.
constexpr std::int64_t kMostPoints = 1000;
constexpr std::int64_t kUsualPoints = 300;
constexpr std::int64_t kMostEffects = 100;
constexpr std::int64_t kLongestStep = 14 * 86'400;

/// Round ones, in seconds.
constexpr std::array<std::int64_t, 18> kSteps{1,   2,   5,    10,   15,   30,    60,    120,   300,
                                              600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400};

struct HistoryRequest {
  std::string metric;
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  std::optional<std::int64_t> step;  ///< seconds
};

Fetched failed(const Error& error) {
  return {problem_reply(make_problem(ProblemCode::failed, error.what, "Try again in a minute"))};
}

Fetched unprocessable(std::string detail, std::string hint = {}) {
  return {problem_reply(make_problem(ProblemCode::unprocessable, std::move(detail), std::move(hint)))};
}

std::optional<std::string> fault_of(HistoryArchive& history) {
  std::string fault = history.fault();
  return fault.empty() ? std::nullopt : std::optional(std::move(fault));
}

Fetched unknown_metric(const std::string& metric, const std::vector<HistoryMetric>& known) {
  std::vector<std::string> names;
  for (const HistoryMetric& one : known) names.push_back(one.name);
  return unprocessable(fmt::format("unknown metric \"{:.40}\"{}", metric, wire::did_you_mean(metric, names)),
                       fmt::format("Metrics: {}", fmt::join(names, ", ")));
}

std::int64_t round_step(std::int64_t seconds) {
  const auto* found = std::lower_bound(kSteps.begin(), kSteps.end(), seconds);
  return found == kSteps.end() ? seconds : *found;
}

Fetched make_series(HistoryArchive& history, const HistoryRequest& request) {
  HistoryQuery query{request.metric, {}, request.until.value_or(history.wall()), {}};
  query.since = request.since.value_or(wall_from_milliseconds(
      std::max<std::int64_t>(milliseconds_of(query.until) - milliseconds_of(kDefaultSpan), 0)));
  const std::int64_t seconds = (milliseconds_of(query.until) - milliseconds_of(query.since)) / 1000;
  if (query.since >= query.until) return unprocessable("since is not before until");
  const std::int64_t step = request.step.value_or(round_step(seconds / kUsualPoints + 1));
  if (seconds / step >= kMostPoints) {
    return unprocessable(fmt::format("that would be more than {} points", kMostPoints),
                         fmt::format("Give a step_s of {} or more", seconds / kMostPoints + 1));
  }
  query.step = std::chrono::seconds(step);
  auto points = history.series(query);
  if (!points) return failed(points.error());
  wire::HistoryDocument document;
  document.fault = fault_of(history);
  document.series = wire::HistorySeries{query.metric, query.since, query.until, query.step, std::move(*points)};
  return {json_reply(wire::encode(document))};
}

Fetched make_history(HistoryArchive& history, const HistoryRequest& request) {
  auto metrics = history.metrics();
  if (!metrics) return failed(metrics.error());
  const auto is_it = [&](const HistoryMetric& metric) { return metric.name == request.metric; };
  if (!request.metric.empty()) {
    if (std::none_of(metrics->begin(), metrics->end(), is_it)) {
      return unknown_metric(request.metric, *metrics);
    }
    return make_series(history, request);
  }
  wire::HistoryDocument document;
  document.fault = fault_of(history);
  document.metrics = std::move(*metrics);
  return {json_reply(wire::encode(document))};
}

}  // namespace

FetchPlan fetch_history(const Call& call) {
  const auto since = wall_time(call, "since");
  if (!since) return problem_reply(since.error());
  const auto until = wall_time(call, "until");
  if (!until) return problem_reply(until.error());
  const auto step = whole_number(call, "step_s", 1, kLongestStep);
  if (!step) return problem_reply(step.error());
  const HistoryRequest request{std::string(call.query_value("metric")), *since, *until, *step};
  if (request.metric.empty() && (*since || *until || *step)) {
    return problem_reply(make_problem(ProblemCode::unprocessable, "since, until and step_s need a metric",
                                      "GET /v1/history lists the metrics"));
  }
  return [request](Archive& archive) { return make_history(archive.history(), request); };
}

FetchPlan fetch_effects(const Call& call) {
  const auto since = wall_time(call, "since");
  if (!since) return problem_reply(since.error());
  const auto limit = whole_number(call, "limit", 1, kMostEffects);
  if (!limit) return problem_reply(limit.error());
  const auto most = static_cast<std::size_t>(limit->value_or(kMostEffects));
  return [from = since->value_or(WallTime{}), most](Archive& archive) -> Fetched {
    auto effects = archive.history().effects(from, most);
    if (!effects) return failed(effects.error());
    wire::EffectsDocument document;
    document.fault = fault_of(archive.history());
    document.effects = std::move(*effects);
    return {json_reply(wire::encode(document))};
  };
}

}  // namespace m1opt::serve
