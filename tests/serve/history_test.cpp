#include <boost/json/parse.hpp>

#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

namespace {

struct HistoryFixture : ServerFixture {
  HistoryFixture() { start(); }

  boost::json::value document(const std::string& target) {
    const std::string answer = ask("GET", target);
    INFO(answer);
    REQUIRE(status_of(answer) == 200);
    return boost::json::parse(body_of(answer));
  }
  /// The detail and hint of a 422.
  std::string refusal(const std::string& target) {
    const std::string answer = ask("GET", target);
    INFO(answer);
    REQUIRE(status_of(answer) == 422);
    return body_of(answer);
  }
  std::string ids(const std::string& query) {
    const auto json = document("/v1/events" + query);
    std::string list;
    for (const auto& event : json.at("events").as_array()) list += std::string(event.at("id").as_string()) + " ";
    return list + "next " + std::string(json.at("next").as_string());
  }
  void keep_event(const std::string& id, std::string text = {}) {
    Event event;
    event.id = id;
    event.text = std::move(text);
    backend.archive.kept.push_back(event);
  }
};

constexpr const char* kMetric = "/v1/history?metric=memory_used_percent";

}  // namespace

TEST_CASE("without a metric history lists them, and a metric that was never read has no times") {
  HistoryFixture fixture;
  fixture.backend.archive.known[0].first = fixture.backend.archive.time;
  fixture.backend.archive.known.push_back({"temperature_celsius", {}, {}});
  const auto json = fixture.document("/v1/history");
  CHECK(json.at("series").is_null());
  CHECK(json.at("fault").is_null());
  CHECK(json.at("metrics").as_array().size() == 2);
  CHECK(json.at("metrics").at(0).at("first").is_string());
  CHECK(json.at("metrics").at(1).at("last").is_null());
  CHECK(fixture.refusal("/v1/history?since=2026-08-01T00:00:00Z").find("need a metric") != std::string::npos);
}

TEST_CASE("a metric has its points of the last hour, with what they cover, or of the time that was asked for") {
  HistoryFixture fixture;
  FakeArchive& archive = fixture.backend.archive;
  archive.points = {{archive.time, 12s, 1, 2.5, 4}};
  const auto json = fixture.document(kMetric);
  CHECK(archive.asked.metric == "memory_used_percent");
  CHECK(archive.asked.until == archive.time);
  CHECK(archive.asked.since.point == archive.time.point - 1h);
  CHECK(archive.asked.step == 15s);
  CHECK(json.at("series").at("step_s") == 15);
  CHECK(json.at("series").at("points").at(0).at("span_s") == 12);
  CHECK(json.at("series").at("points").at(0).at("avg") == 2.5);
  (void)fixture.document(std::string(kMetric) + "&since=2026-08-01T00:00:00Z&until=2026-08-01T00:10:00Z&step_s=1");
  CHECK(archive.asked.step == 1s);
  CHECK(milliseconds_of(archive.asked.until) - milliseconds_of(archive.asked.since) == 600'000);
}

TEST_CASE("what cannot be answered about history is refused with what to ask instead") {
  HistoryFixture fixture;
  CHECK(has(fixture.refusal("/v1/history?metric=memory_use_percent"), "did you mean \\\"memory_used_percent\\\""));
  CHECK(has(fixture.refusal("/v1/history?metric=nonsense"), "Metrics: memory_used_percent"));
  const std::string metric = kMetric;
  const std::string two_weeks = metric + "&since=2026-08-01T00:00:00Z&until=2026-08-15T00:00:00Z";
  CHECK(has(fixture.refusal(two_weeks + "&step_s=60"), "Give a step_s of 1210 or more"));
  CHECK(fixture.document(two_weeks + "&step_s=1210").at("series").at("step_s") == 1210);
  CHECK(has(fixture.refusal(metric + "&since=yesterday"), "2026-08-01T10:11:12Z"));
  CHECK(has(fixture.refusal(metric + "&since=2226-08-01T00:00:00Z"), "no time"));
  CHECK(has(fixture.refusal(metric + "&since=2026-08-01T00:00:00Z&until=2026-08-01T00:00:00Z"), "not before"));
  CHECK(has(fixture.refusal(metric + "&step_s=0"), "step_s is no number"));
  CHECK(has(fixture.refusal("/v1/history/effects?limit=101"), "1 to 100"));
  fixture.backend.archive.broken = true;
  CHECK(status_of(fixture.ask("GET", metric)) == 500);
  CHECK(status_of(fixture.ask("GET", "/v1/events?since=2026-08-01T00:00:00Z")) == 500);
}

TEST_CASE("a history that is not kept says why") {
  HistoryFixture fixture;
  fixture.backend.archive.trouble = "the disk is full";
  for (const std::string target : {"/v1/history", kMetric, "/v1/history/effects"}) {
    CHECK(fixture.document(target).at("fault") == "the disk is full");
  }
}

TEST_CASE("the largest answer about history is no larger than slow readers may keep") {
  HistoryFixture fixture;
  FakeArchive& archive = fixture.backend.archive;
  for (int i = 0; i < 1000; ++i) {
    archive.points.push_back({archive.time, 3'661'123ms, 123'456'789.123, 123'456'789.123, 123'456'789.123});
  }
  for (int i = 0; i < 100; ++i) {
    HoldEffect& effect = archive.changed.emplace_back();
    effect.reason = std::string(1000, 'x');
    for (int k = 0; k < 5; ++k) effect.readings.push_back({"swap_out_bytes_per_s", 123'456'789.123, 1e9});
  }
  CHECK(fixture.document(kMetric).at("series").at("points").as_array().size() == 1000);
  CHECK(fixture.document("/v1/history/effects").at("effects").as_array().size() == 100);
  for (int i = 0; i < 1000; ++i) fixture.keep_event("0." + std::to_string(i), std::string(2000, '"'));
  const auto page = fixture.document("/v1/events?since=2020-01-01T00:00:00Z&limit=1000");
  const std::size_t count = page.at("events").as_array().size();
  CHECK(count > 10);
  CHECK(page.at("next").as_string() == "0." + std::to_string(count - 1));
}

TEST_CASE("an event that is no longer in memory is explained from the disk") {
  HistoryFixture fixture;
  fixture.keep_event("0.8", "long ago");
  fixture.backend.add_event("1.1");
  const auto json = fixture.document("/v1/explain/event/0.8");
  CHECK(json.at("event").at("text") == "long ago");
  CHECK(json.at("lines").at(0) == "long ago");
  fixture.backend.archive.broken = true;
  CHECK(status_of(fixture.ask("GET", "/v1/explain/event/1.1")) == 200);
  CHECK(status_of(fixture.ask("GET", "/v1/explain/event/0.8")) == 500);
}

TEST_CASE("events since a time begin on the disk and go on in memory, each once") {
  HistoryFixture fixture;
  for (const char* id : {"0.8", "0.9", "1.1"}) fixture.keep_event(id);
  for (int i = 1; i <= 3; ++i) fixture.backend.add_event("1." + std::to_string(i));
  const std::string since = "?since=1970-01-01T00:00:00Z";
  CHECK(fixture.ids(since) == "0.8 0.9 1.1 1.2 1.3 next 1.3");
  CHECK(fixture.ids(since + "&limit=4") == "0.8 0.9 1.1 1.2 next 1.2");
  // The disk would not know of one that is only in memory, and begin again.
  CHECK(fixture.ids(since + "&after=1.2") == "1.3 next 1.3");
  CHECK(fixture.ids(since + "&after=1.3") == "next 1.3");
  fixture.backend.archive.kept = {fixture.backend.archive.kept[1]};
  CHECK(fixture.ids(since + "&after=0.8&limit=2") == "0.9 1.1 next 1.1");
  CHECK(fixture.backend.archive.asked_events.after == "0.8");
  CHECK(fixture.ids(since + "&kind=passive") == "0.9 next 0.9");  // this one's disk does not look at the kind
  CHECK(fixture.backend.archive.asked_events.kind == EventKind::passive);
  fixture.backend.archive.kept.clear();
  CHECK(fixture.ids("?since=1970-01-01T00:00:01Z") == "next ");  // those of the test happened before
}
