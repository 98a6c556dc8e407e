#include "wire/trace.h"

#include <vector>

#include "support/catch.h"
#include "wire/config_text.h"
#include "wire/default_config.h"

using namespace m1opt::model;
using namespace m1opt::wire;
using namespace std::chrono_literals;

namespace {

class Seen final : public TraceSink {
 public:
  void on_header(const TraceHeader& header) override { headers.push_back(header); }
  void on_tick(const TraceTick& tick) override { ticks.push_back(tick); }

  std::vector<TraceHeader> headers;
  std::vector<TraceTick> ticks;
};

const std::string kHead = R"({"schema":"m1opt.trace/1","run":"a"})";

/// The fault of the last line, "" when all is well.
std::string fault_of(const std::vector<std::string>& lines, Seen& seen) {
  TraceReader reader(seen);
  for (const std::string& line : lines) {
    if (const auto fault = reader.take(line)) return to_string(*fault);
  }
  return {};
}

std::string fault_of(const std::vector<std::string>& lines) {
  Seen seen;
  return fault_of(lines, seen);
}

ProcessInfo process(std::int32_t pid, const std::string& path) {
  ProcessInfo info;
  info.id = {pid, static_cast<std::uint64_t>(pid) * 7};
  info.executable = path;
  info.name = path.substr(path.rfind('/') + 1);
  info.cpu_time = 1500ms;
  info.footprint = Bytes{123456};
  return info;
}

/// Something in every member.
Sample full_sample() {
  Sample sample;
  sample.memory = MemoryReading{Bytes{100}, Bytes{25}, Bytes{75}, Percent{75.25}, Percent{24.75},
                                Bytes{5},   {},        Bytes{7}};
  sample.pressure = PressureReading{PressureLevel::warning, "level 2", Percent{1.5}, {}, 12345us};
  sample.swap = SwapReading{Bytes{10}, Bytes{2}, Bytes{3}, Bytes{4}};
  sample.thermal = ThermalReading{2,  "level", MilliCelsius{81500}, {{"Tp01", MilliCelsius{80250}}},
                                  {{"fan", 1200, FanMode::forced}}, Percent{90}, 2s};
  sample.power = PowerReading{true, Percent{55}};
  sample.cpu = CpuReading{10s, 20s, Percent{3}};
  sample.gpu = GpuReading{Bytes{9}};
  sample.own = OwnCostReading{Percent{0.5}, {}, Bytes{1000}, 12, 1.5, 2ms};
  sample.process_count = 77;
  WorkloadSample workload;
  workload.name = "ollama";
  workload.processes = {{process(500, "/Users/ada/bin/ollama"), true, false, "not hers"}};
  workload.models = std::vector<LoadedModel>{{"m", Bytes{5}, 4096, "soon"}};
  workload.request_running = true;
  sample.workloads = {workload};
  sample.targets = {{"mds", TargetMode::background, process(612, "/System/mds"), 3s}};
  sample.refused = {{"mds", {9, 9}, "mds", "it is mine"}};
  sample.problems = {{"gpu", "io", "no answer"}};
  sample.commands = {{1, 501, true, PauseCommand{60s, false}},
                     {2, 0, false, UnpauseCommand{}},
                     {3, 501, true, SuspendCommand{"mds", {}, 30s}},
                     {4, 501, true, ResumeCommand{true, "", ProcessId{3, 4}}},
                     {5, 501, true, LeaseBeginCommand{{5, 6}, "run:5"}},
                     {6, 501, true, LeaseEndCommand{{5, 6}}},
                     {7, 501, true, ReloadCommand{}},
                     {8, 501, true, ProfileCommand{"16gb+fanless"}}};
  return sample;
}

TraceNotes full_notes() {
  TraceNotes notes;
  notes.outcomes = {{ActionVerb::begin, ActionKind::suspend, {612, 1}, "mds", 4, OutcomeCode::partial, "done", 3}};
  notes.actions = {{ActionVerb::end, ActionKind::raise, {500, 1}, "ollama", 4, 60s, -10, "over", 9}};
  notes.reasons = {{EventKind::rule_tripped, Severity::warning, "it is hot", "thermal", "mds", ProcessId{612, 1}}};
  return notes;
}

void check_same(const Sample& read, Sample written) {
  for (auto& target : written.targets) target.process.executable = target.process.name;
  for (auto& workload : written.workloads) {
    for (auto& member : workload.processes) member.process.executable = member.process.name;
  }
  CHECK(read.memory == written.memory);
  CHECK(read.pressure == written.pressure);
  CHECK(read.swap == written.swap);
  CHECK(read.thermal == written.thermal);
  CHECK(read.power == written.power);
  CHECK(read.cpu == written.cpu);
  CHECK(read.gpu == written.gpu);
  CHECK(read.own == written.own);
  CHECK(read.process_count == written.process_count);
  CHECK(read.workloads == written.workloads);
  CHECK(read.targets == written.targets);
  CHECK(read.refused == written.refused);
  CHECK(read.problems == written.problems);
  CHECK(read.commands == written.commands);
}

Seen written_and_read(const std::vector<std::string>& lines) {
  Seen seen;
  TraceReader reader(seen);
  for (const std::string& line : lines) {
    REQUIRE(line.back() == '\n');
    const auto fault = reader.take(std::string_view(line).substr(0, line.size() - 1));
    INFO((fault ? to_string(*fault) : line));
    REQUIRE_FALSE(fault);
  }
  return seen;
}

}  // namespace

TEST_CASE("what a tick has comes back from a trace, but for the paths of programs") {
  TraceWriter writer;
  TraceHeader header;
  header.version = "0.9";
  header.machine.os = "macOS 15.4";
  header.run = "18f";
  header.config = Config{};
  header.holds = {{3, ActionKind::background, {612, 1}, "mds"}};
  Sample changed = full_sample();
  changed.memory->used = Bytes{76};
  changed.thermal.reset();
  changed.targets.front().process.cpu_time = 1501ms;
  changed.own.reset();
  changed.commands.clear();
  const Seen seen = written_and_read({writer.header(header), writer.tick(1s, 1s, full_sample(), full_notes()),
                                      writer.tick(2s, 10s, changed, {}), writer.tick(12s, 10s, Sample{}, {})});
  REQUIRE(seen.headers.size() == 1);
  CHECK(seen.headers.front() == header);
  REQUIRE(seen.ticks.size() == 3);
  CHECK(seen.ticks[0].at == 1s);
  CHECK(seen.ticks[1].period == 10s);
  check_same(seen.ticks[0].sample, full_sample());
  CHECK(seen.ticks[0].notes == full_notes());
  check_same(seen.ticks[1].sample, changed);
  CHECK(seen.ticks[1].notes == TraceNotes{});
  check_same(seen.ticks[2].sample, Sample{});
}

TEST_CASE("a line holds only what changed since the one before") {
  TraceWriter writer;
  (void)writer.header({});
  (void)writer.tick(0s, 1s, full_sample(), {});
  Sample next = full_sample();
  next.commands.clear();
  next.own.reset();
  CHECK(writer.tick(1s, 1s, next, {}) == "{\"at_s\":1}\n");
  next.targets.front().process.cpu_time = 2s;
  next.power.reset();
  CHECK(writer.tick(2s, 1s, next, {}) ==
        "{\"at_s\":2,\"sample\":{\"power\":null,\"targets\":{\"0\":{\"process\":{\"cpu_time_s\":2}}}}}\n");
}

TEST_CASE("no path of a program is written") {
  TraceWriter writer;
  (void)writer.header({});
  CHECK(writer.tick(0s, 1s, full_sample(), {}).find('/') == std::string::npos);
}

TEST_CASE("a header makes the next tick whole") {
  TraceWriter writer;
  (void)writer.header({});
  const std::string first = writer.tick(0s, 1s, full_sample(), {});
  (void)writer.header({});
  CHECK(writer.tick(0s, 1s, full_sample(), {}) == first);
}

TEST_CASE("a repeated tick comes once a period, and what is added grows with each that follows") {
  Seen seen;
  REQUIRE(fault_of({kHead,
                    R"({"at_s":10,"period_s":2,"sample":{"cpu":{"busy_s":1,"idle_s":1},"swap":{"used_bytes":5}},)"
                    R"("add":{"cpu":{"busy_s":0.1},"swap":{"used_bytes":-1}},"repeat":2})",
                    R"({"at_s":16,"sample":{"cpu":{"idle_s":2}}})", R"({"at_s":18,"add":{}})", R"({"at_s":20})"},
                   seen)
              .empty());
  REQUIRE(seen.ticks.size() == 6);
  CHECK(seen.ticks[1].at == 12s);
  CHECK(seen.ticks[2].at == 14s);
  CHECK(seen.ticks[2].sample.cpu->busy == 1200ms);
  CHECK(seen.ticks[3].sample.cpu->busy == 1300ms);
  CHECK(seen.ticks[3].sample.cpu->idle == 2s);
  CHECK(seen.ticks[5].sample.cpu->busy == 1400ms);
  CHECK(seen.ticks[5].sample.swap->used == Bytes{1});
}

TEST_CASE("a fault names the line and the path") {
  const auto second = [](const std::string& line) { return fault_of({kHead, line}); };
  CHECK(second(R"({"at_s":1,"sample":{"memory":{"totl_bytes":1}}})").starts_with(
      "line 2: $.sample.memory.totl_bytes: unknown key"));
  CHECK(second(R"({"at_s":1,"sample":{"power":{"on_battery":3}}})").starts_with("line 2: $.sample.power.on_battery: "));
  CHECK(second(R"({"at_s":1,"sample":{"targets":{"0":{}}}})") ==
        "line 2: $.sample.targets.0: is no element of the list as it was");
  CHECK(second(R"({"at_s":1,"commands":[{"id":1,"do":"explode"}]})").starts_with("line 2: $.commands[0].do: "));
  CHECK(second(R"({"at_s":1,"commands":[{"id":1,"do":"pause","target":"x"}]})").starts_with(
      "line 2: $.commands[0].target: unknown key"));
  CHECK(second(R"({"at_s":1,"add":{"gpu":{"wired_limit_bytes":1}},"repeat":1})") ==
        "line 2: $.add.gpu: is absent, so nothing can be added to it");
  CHECK(second(R"({"at_s":1,"repeat":1000001})").starts_with("line 2: $.repeat: "));
  CHECK(second(R"({"at_s":1,"period_s":1e9,"repeat":9})") == "line 2: $.repeat: lasts too long");
  CHECK(second(R"({"sample":{}})") == "line 2: $: a tick needs \"at_s\"");
  CHECK(second(R"({"at_s":1)") == "line 2: column 10: it ends too early: is it cut off?");
  CHECK(second("[]").starts_with("line 2: $: expected an object"));
  CHECK(fault_of({kHead, R"({"at_s":2})", R"({"at_s":1})"}) == "line 3: $.at_s: is before the line above");
  CHECK(fault_of({R"({"at_s":1})"}).starts_with("line 1: $: a trace begins with its header"));
  CHECK(fault_of({R"({"schema":"m1opt.status/1"})"}) == "line 1: $.schema: is not \"m1opt.trace/1\"");
}

TEST_CASE("a sum that leaves what a reading may be is a fault, not an overflow") {
  const auto sum = [](const std::string& sample, const std::string& added) {
    return fault_of({kHead, R"({"at_s":1,"sample":{)" + sample + R"(},"add":{)" + added + R"(},"repeat":1})"});
  };
  CHECK(sum(R"("swap":{"used_bytes":9223372036854775807})", R"("swap":{"used_bytes":1})") ==
        "line 2: $.add.swap.used_bytes: the sum is too large");
  CHECK(sum(R"("cpu":{"busy_s":1})", R"("cpu":{"busy_s":-2})") == "line 2: $.add.cpu.busy_s: the sum is out of range");
  CHECK(sum(R"("process_count":1)", R"("process_count":1)") == "line 2: $.add.process_count: nothing can be added to it");
}

TEST_CASE("the time goes on within a run and begins anew with another") {
  const std::string other = R"({"schema":"m1opt.trace/1","run":"b"})";
  Seen seen;
  CHECK(fault_of({kHead, R"({"at_s":5})", kHead, R"({"at_s":6})", other, R"({"at_s":0})"}, seen).empty());
  CHECK(seen.headers.size() == 3);
  CHECK(fault_of({kHead, R"({"at_s":5})", kHead, R"({"at_s":4})"}) == "line 4: $.at_s: is before the line above");
}
