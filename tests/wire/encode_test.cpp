#include "wire/encode.h"

#include "model/snapshot.h"
#include "support/catch.h"
#include "wire/decode.h"
#include "wire/text.h"

using namespace m1opt;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

WallTime time_of_day() { return *wire::parse_rfc3339("2026-08-01T10:11:12.123Z"); }

StatusDocument full_status() {
  StatusDocument status;
  status.version = "0.1.0";
  status.pid = 4711;
  status.uid = 1000;
  status.started = time_of_day();
  status.taken = time_of_day();
  status.age = 250ms;
  status.mode = Mode::dry_run;
  status.headline = "a \"quoted\" line\n";
  status.pause.active = true;
  status.pause.until = time_of_day();
  status.pause.uid = 7;
  status.machine = {"Linux 6.1", "Apple M1", "Air", 8, 4, std::nullopt};
  status.memory = MemoryReading{Bytes(16'000'000'000), Bytes(4), Bytes(12),    Percent(75.5),
                                Percent(24.5),         Bytes(1), std::nullopt, Bytes(3)};
  status.pressure = PressureReading{PressureLevel::warning, "some avg10 12", Percent(12.25),
                                    std::nullopt, 1500us};
  status.thermal = ThermalReading{
      2,          "trip", MilliCelsius(71'250), {{"cpu", MilliCelsius(-5'500)}}, {{"fan", 1200, {}}},
      Percent(80)};
  status.derived = {BytesPerSecond(20'000'000), std::nullopt, Percent(1.5), Percent(0)};
  status.problems = {{"gpu", "unsupported", "no such thing here"}};
  HoldStatus& hold = status.holds.emplace_back();
  hold.record = 12;
  hold.kind = ActionKind::suspend;
  hold.target = "indexer";
  hold.process = {99, 12345678901234ULL};
  hold.effective = false;
  hold.since = time_of_day();
  hold.held = 5s;
  hold.remaining = -1s;
  WorkloadStatus& workload = status.workloads.emplace_back();
  workload.name = "ollama";
  workload.state = WorkloadState::busy;
  workload.since = time_of_day();
  workload.cpu_share = Percent(180);
  workload.models = std::vector<LoadedModel>{{"m", Bytes(6), 4096, std::nullopt}};
  WorkloadMember& member = workload.processes.emplace_back();
  member.id = {5, 6};
  member.nice = -10;
  member.raised = true;
  status.tripped_rules = {"swap"};
  status.self.tick_time = 412us;
  status.config.fault = "f:1:2: $.x: y";
  return status;
}

}  // namespace

TEST_CASE("a key is the member's name and the unit of its type") {
  SwapReading swap{Bytes(10), Bytes(5), Bytes(1), std::nullopt};
  CHECK(wire::to_text(wire::encode(swap)) ==
        R"({"total_bytes":10,"used_bytes":5,"swapped_in_bytes":1,"swapped_out_bytes":null})");
  CHECK(wire::to_text(wire::encode(Temperature{"cpu", MilliCelsius(71'250)})) ==
        R"({"name":"cpu","value_celsius":71.25})");
  DerivedReadings derived;
  derived.swap_in_rate = BytesPerSecond(2.5);
  derived.cpu_busy = Percent(12.34567);
  CHECK(wire::to_text(wire::encode(derived)) ==
        R"({"swap_in_rate_bytes_per_s":2.5,"swap_out_rate_bytes_per_s":null,)"
        R"("cpu_busy_percent":12.346,"targets_cpu_percent":null})");
}

TEST_CASE("durations are seconds to the microsecond, and whole when they are whole") {
  SamplingConfig sampling{1s, 1500ms};
  CHECK(wire::to_text(wire::encode(sampling)) == R"({"busy_period_s":1,"idle_period_s":1.5,"events":true})");
  CHECK(wire::to_text(wire::encode(Duration(412us))) == "0.000412");
}

TEST_CASE("enums are words, a time is RFC 3339, a process is pid and start") {
  Event event{"1.2",
              time_of_day(),
              EventKind::rule_tripped,
              Severity::warning,
              "t",
              "r",
              "",
              ProcessId{7, 18446744073709551615ULL}};
  CHECK(wire::to_text(wire::encode(event)) ==
        R"({"id":"1.2","time":"2026-08-01T10:11:12.123Z","kind":"rule_tripped",)"
        R"("severity":"warning","text":"t","rule":"r","target":"",)"
        R"("process":{"pid":7,"start":18446744073709551615}})");
}

TEST_CASE("what is no number is null and never printed as one") {
  CHECK(wire::encode_number(std::numeric_limits<double>::quiet_NaN(), 3).is_null());
  CHECK(wire::encode_number(std::numeric_limits<double>::infinity(), 3).is_null());
  CHECK(wire::to_text(wire::encode_number(1e300, 3)) == "1e+300");
  CHECK(wire::to_text(wire::encode_number(-0.0001, 3)) == "0");
}

TEST_CASE("a whole status survives the way out and back") {
  const StatusDocument status = full_status();
  const std::string text = wire::to_text(wire::encode(status));
  StatusDocument back;
  const auto faults = wire::decode(wire::parse_json(text).value(), back, wire::UnknownKeys::ignore);
  CHECK(faults.empty());
  CHECK(back == status);
  CHECK(text.find("E0") == std::string::npos);
}

TEST_CASE("a document of a newer daemon is read without what is new in it") {
  SwapReading swap;
  const auto json = wire::parse_json(R"({"total_bytes":3,"new":{"x":1}})").value();
  CHECK(wire::decode(json, swap, wire::UnknownKeys::ignore).empty());
  CHECK(swap.total == Bytes(3));
}

TEST_CASE("pretty text is indented, with plain lists on one line") {
  const auto json = wire::parse_json(R"({"a":[1,2.5],"b":[{"c":"x"}],"d":{},"e":[]})").value();
  CHECK(wire::to_pretty_text(json) ==
        "{\n  \"a\": [1, 2.5],\n  \"b\": [\n    {\n      \"c\": \"x\"\n    }\n  ],\n"
        "  \"d\": {},\n  \"e\": []\n}\n");
  CHECK(wire::parse_json(wire::to_pretty_text(json)).value() == json);
}
