#include "client/render/history.h"

#include <fmt/format.h>

#include <sstream>

#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/render/plot.h"
#include "client/render/text.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client::render;
using test::FakeDaemon;
using test::http_answer;
using test::run_client;
using test::SeenRequest;

namespace {

std::string point(int minute, double min, double avg, double max, int span = 60) {
  return fmt::format(R"({{"time":"2026-08-01T10:{:02}:00Z","span_s":{},"min":{},"avg":{},"max":{}}})", minute, span,
                     min, avg, max);
}

boost::json::value series(const std::string& metric, const std::vector<std::string>& points) {
  return boost::json::parse(fmt::format(
      R"({{"metric":"{}","since":"2026-08-01T10:00:00Z","until":"2026-08-01T11:00:00Z","step_s":60,"points":[{}]}})",
      metric, fmt::join(points, ",")));
}

TimePoint now() { return *parse_rfc3339("2026-08-01T11:00:00Z"); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("a plot fits 80 by 24 in plain characters, and a gap is a gap") {
  std::vector<std::string> points;
  for (int minute = 0; minute < 60; ++minute) {
    if (minute < 20 || minute >= 40) points.push_back(point(minute, 10, 50, 90));
  }
  const std::string text = render_history_plot(series("memory_used_percent", points), {false, false, 80}, now());
  const auto lines = lines_of(text);
  CHECK(lines.size() <= 23);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(line.size() <= 79);
    CHECK(to_ascii(line) == line);
    CHECK(line.find('\x1b') == std::string::npos);
  }
  CHECK(text.find("nothing is known of 20m00s") != std::string::npos);
  CHECK(text.find("lowest 10 %") != std::string::npos);
  const std::string& axis = lines[lines.size() - 2];
  INFO(text);
  CHECK(axis.find("- ") != std::string::npos);
  CHECK(axis.find(" -", axis.find("- ")) != std::string::npos);
  // The mark of the mean is in every column that is known, and in no other.
  std::size_t marks = 0;
  for (const std::string& line : lines) marks += static_cast<std::size_t>(std::count(line.begin(), line.end(), '*'));
  CHECK(marks == static_cast<std::size_t>(std::count(axis.begin(), axis.end(), '-')));
}

TEST_CASE("a plot of what never changes, of one point and of nothing is still one") {
  const Style style{false, true, 80};
  for (const double value : {0.0, 1.0, 77.5, 1e9}) {
    const std::string text = render_history_plot(series("swap_out_bytes_per_s", {point(30, value, value, value)}), style, now());
    INFO(text);
    CHECK(text.find("\u25cf") != std::string::npos);
    CHECK(text.find("nan") == std::string::npos);
  }
  CHECK(render_history_plot(series("held", {}), style, now()) == "held, 1h00m: nothing is known\n");
}

TEST_CASE("a plot has no more columns than the screen, however narrow") {
  for (int width = 0; width < 60; ++width) {
    const Style style{false, false, width};
    for (const std::string& line : lines_of(render_plot(PlotColumns(plot_columns(style, 4)), {now(), now(), 3, [](double) {
                                                          return std::string("1");
                                                        }}, style, 4))) {
      CHECK(line.size() <= static_cast<std::size_t>(std::max(width, 80)));
    }
  }
}

TEST_CASE("a table has a line a point, with units, and shows where there is none") {
  const std::string text = render_history_table(
      series("swap_out_bytes_per_s", {point(0, 0, 1e6, 38e6), point(10, 5, 5, 5)}), {false, false, 0}, now());
  INFO(text);
  CHECK(text.find("\n10:00:00             0 B/s         1.0 MB/s      38.0 MB/s\n...\n10:10:00             5 B/s") !=
        std::string::npos);
}

TEST_CASE("values have their unit, and a mean of levels is a number between them") {
  CHECK(history_value("pressure_level", 2) == "critical");
  CHECK(history_value("pressure_level", 0.4) == "0.4");
  CHECK(history_value("targets_cpu_percent", 180) == "180 %");
  CHECK(history_value("on_battery", 1) == "yes");
  CHECK(history_value("held", 2) == "2");
  CHECK(history_value("of_another_version", 1.25) == "1.2");
}

TEST_CASE("effects say who was held, for how long it was watched, and what changed") {
  const auto document = boost::json::parse(
      R"({"effects":[{"time":"2026-08-01T10:11:12Z","record":7,"kind":"suspend","target":"photoanalysisd",)"
      R"("process":{"pid":812,"start":1},"reason":"memory is critical","before_s":30,"after_s":12.5,"readings":[)"
      R"({"metric":"pressure_level","before":2,"after":0},{"metric":"swap_out_bytes_per_s","before":3.8e7,"after":null}]}]})");
  const std::string text = render_effects(document, {false, true, 80}, now());
  CHECK(text == "10:11:12  photoanalysisd suspended (pid 812): memory is critical\n"
                "  30s before \u2192 13s after  pressure_level        critical \u2192 normal\n"
                "                          swap_out_bytes_per_s  38.0 MB/s \u2192 unknown\n");
  const auto kind = [](const std::string& word) {
    auto held = boost::json::parse(R"({"effects":[{"time":"2026-08-01T10:11:12Z","target":"llama-server",)"
                                   R"("process":{"pid":9},"reason":"hot","before_s":1,"after_s":1,"readings":[]}]})");
    held.at("effects").at(0).as_object()["kind"] = word;
    const std::string line = render_effects(held, {false, true, 80}, now());
    return line.substr(0, line.find(" (pid"));
  };
  CHECK(kind("pause_workload") == "10:11:12  llama-server given a rest");
  CHECK(kind("background") == "10:11:12  llama-server to the background");
  CHECK(kind("another") == "10:11:12  llama-server another");
  CHECK(render_effects(boost::json::parse(R"({"effects":[]})"), {}, now()) == "nothing was held in that time\n");
}

TEST_CASE("history asks for as many points as there is room for, and says when nothing is kept") {
  FakeDaemon daemon([](const SeenRequest&) {
    return http_answer(200, R"({"fault":"the disk is full","series":{"metric":"load","points":[]}})");
  });
  const auto last = [&] { return daemon.seen().back().line; };
  const auto ran = run_client({"history", "load", "--since", "8h", "--plot", "--socket", daemon.socket()}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  CHECK(test::has(last(), "metric=load&since=20"));
  CHECK(test::has(last(), "&step_s=444"));
  CHECK(test::has(ran.err, "what happens is not kept: the disk is full"));
  (void)run_client({"history", "load", "--json", "--socket", daemon.socket()});
  CHECK_FALSE(test::has(last(), "step_s"));
  (void)run_client({"history", "effects", "--since", "2d", "--socket", daemon.socket()});
  CHECK(test::has(last(), "/v1/history/effects?since=20"));
}
