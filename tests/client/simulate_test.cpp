#include "client/simulate/simulation.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/documents.h"
#include "client/run_client.h"
#include "decide/metrics.h"
#include "support/catch.h"
#include "support/temp_dir.h"
#include "wire/config_text.h"
#include "wire/default_config.h"
#include "wire/profiles.h"
#include "wire/trace.h"

using namespace m1opt;
using test::has;
using test::Ran;
using test::run_client;

namespace {

const std::filesystem::path kTraces = M1OPT_SOURCE_DIR "/tests/traces";

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string write(const test::TempDir& directory, const std::string& name, const std::string& text) {
  const std::string path = directory / name;
  std::ofstream(path) << text;
  return path;
}

std::string decisions_in(const std::string& output) { return output.substr(output.find("Decisions")); }

decide::ReplayAction action_at(int seconds, std::int32_t pid) {
  decide::ReplayAction action;
  action.at = std::chrono::seconds(seconds);
  action.process = {pid, 1};
  return action;
}

decide::ReplayReport report_of(const std::string& name, const std::string& profile = "") {
  const auto simulation = client::simulate(kTraces / name, "", "", profile);
  REQUIRE(simulation);
  return simulation->simulated.report;
}

const std::string kLatch = kTraces / "latch.jsonl";

model::Config shipped_with(const std::string& profile) {
  const std::vector<wire::ConfigSource> shipped{{"default", std::string(wire::kDefaultConfig)}};
  auto config = wire::parse_config(shipped, wire::profile_overlays(profile), decide::known_metrics());
  REQUIRE(config);
  return *config;
}

}  // namespace

TEST_CASE("every trace comes to what was reviewed") {
  // The paths in the output are as tests/traces/make.py has them.
  std::filesystem::current_path(kTraces);
  int compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kTraces)) {
    if (entry.path().extension() != ".jsonl") continue;
    INFO(entry.path().filename().string() << ": if this is meant, run tests/traces/make.py M1OPTCTL and read the diff");
    const Ran ran = run_client({"simulate", entry.path().filename().string()});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    const std::string expected = text_of(std::filesystem::path(entry.path()).replace_extension(".expected"));
    CHECK(has(expected, "\n\n" + ran.out));
    const std::string mark = "With --profile ";
    const std::size_t profile = expected.find(mark);
    REQUIRE(profile != std::string::npos);
    const std::size_t end = expected.find('\n', profile);
    const Ran with = run_client({"simulate", entry.path().filename().string(), "--profile",
                                 expected.substr(profile + mark.size(), end - profile - mark.size())});
    CHECK(with.status == 0);
    CHECK(expected.substr(end) == "\n\n" + with.out);
    CHECK(std::filesystem::file_size(entry.path()) < 300'000);
    ++compared;
  }
  CHECK(compared >= 12);
}

TEST_CASE("at the limit for an hour no row goes to and fro more often than hold and cooldown allow") {
  const auto report = report_of("at_the_limit.jsonl");
  REQUIRE(report.targets.size() == 3);
  // A hold lasts exit_hold_s beyond its cause, then comes cooldown_s: once in 90 s at most.
  for (const auto& row : report.targets) CHECK(row.busiest_hour <= 2 * 3600 / (30 + 60));
  CHECK(std::count_if(report.actions.begin(), report.actions.end(), [](const auto& action) {
          return action.kind == model::ActionKind::suspend && action.verb == model::ActionVerb::begin;
        }) <= 30);
  CHECK(report_of("flapping.jsonl").transitions == 0);
}

TEST_CASE("a model that is resident day and night at 82 % and level normal stops nothing and keeps nothing awake") {
  // As shipped, and as an 8 GB Mac has it by itself.
  const std::string profile = GENERATE("", "8gb", "8gb+fanless");
  INFO(profile);
  const auto report = report_of("resident_24h.jsonl", profile);
  CHECK(report.span > std::chrono::hours(23));
  for (const auto& row : report.targets) CHECK(row.suspended == base::Duration{});
  REQUIRE(report.workloads.size() == 1);
  // Five times busy, each with limits.quiet_s after it.
  CHECK(report.workloads.front().busy < std::chrono::minutes(12));
  CHECK(report.awake <= report.workloads.front().busy + 5 * std::chrono::seconds(120));
  CHECK(report.still_held == 0);
}

TEST_CASE("nothing stays latched: what once was critical is over although no reading leaves its band") {
  const auto report = report_of("latch.jsonl");
  CHECK(report.still_held == 0);
  for (const auto& row : report.targets) CHECK(row.background < std::chrono::minutes(12));
}

TEST_CASE("a profile changes what is decided, and no profile of that name or from a machine's readings is exit 2") {
  const Ran with = run_client({"simulate", kLatch, "--profile", "observe_only"});
  CHECK(has(with.out, "with the profile observe_only"));
  CHECK(has(with.out, "No decisions"));
  CHECK(has(run_client({"simulate", kLatch, "--profile", "8gb_survival"}).err, "8gb_survival is 8gb here"));
  const Ran unknown = run_client({"simulate", kLatch, "--profile", "9gb"});
  CHECK(unknown.status == 2);
  CHECK(has(unknown.err, "8gb"));
  for (const auto* name : {"auto", "none"}) CHECK(run_client({"simulate", kLatch, "--profile", name}).status == 2);
}

TEST_CASE("a profile comes in the place of the one that a trace was recorded with") {
  const test::TempDir directory;
  model::TraceHeader recorded;
  recorded.config = shipped_with("observe_only");
  recorded.without_profile = shipped_with("none");
  const std::string trace = text_of(kLatch);
  const std::string mine = write(directory, "mine.jsonl",
                                 wire::TraceWriter().header(recorded) + trace.substr(trace.find('\n') + 1));
  CHECK(has(run_client({"simulate", mine}).out, "No decisions"));
  const Ran other = run_client({"simulate", mine, "--profile", "8gb"});
  CHECK(has(other.out, "as recorded, with the profile 8gb for the one it had"));
  CHECK_FALSE(has(other.out, "No decisions"));
}

TEST_CASE("of what nobody looked for when the trace was recorded it says that nothing is known") {
  const test::TempDir directory;
  const std::string overlay = write(directory, "mine.json",
      R"({"targets": [{"name": "mds", "executables": ["mds_other"]}, {"name": "dropbox", "executables": ["Dropbox"]}]})");
  CHECK(has(run_client({"simulate", kLatch, "--config", overlay}).out, "The trace knows nothing of mds, dropbox: "));
  CHECK(has(run_client({"simulate", kLatch, "--diff", overlay}).out, "The trace knows nothing of mds, dropbox: "));
  CHECK_FALSE(has(run_client({"simulate", kLatch}).out, "The trace knows nothing"));
}

TEST_CASE("simulate --json is one document with its schema") {
  const Ran ran = run_client({"simulate", kLatch, "--json"});
  REQUIRE(ran.status == 0);
  const auto document = boost::json::parse(ran.out);
  CHECK(document.at("schema").as_string() == "m1opt.simulation/1");
  CHECK(document.at("machine").at("os").as_string() == "macOS 15.4");
  CHECK(document.at("simulated").at("report").at("ticks").as_int64() > 10000);
  CHECK(document.at("other").is_null());
  CHECK_FALSE(document.at("simulated").at("report").at("events").as_array().empty());
}

TEST_CASE("a configuration that holds less is laid over the trace's own") {
  const test::TempDir directory;
  const std::string overlay = write(directory, "mine.json", R"({"limits": {"max_suspended": 0}})");
  const Ran ran = run_client({"simulate", kLatch, "--config", overlay});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, overlay + " over the one as shipped"));
  CHECK_FALSE(has(ran.out, "suspend "));
  CHECK(has(ran.out, "background photoanalysisd"));
}

TEST_CASE("a whole configuration replaces the trace's own") {
  const Ran ran = run_client({"simulate", kLatch, "--config", M1OPT_SOURCE_DIR "/config/m1opt.json"});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "config/m1opt.json\n"));
  CHECK(decisions_in(ran.out) == decisions_in(run_client({"simulate", kLatch}).out));
}

TEST_CASE("--diff shows two configurations beside each other and where they part") {
  const test::TempDir directory;
  const std::string overlay = write(directory, "mine.json", R"({"limits": {"max_suspended": 0}})");
  const Ran ran = run_client({"simulate", kLatch, "--diff", overlay});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "photoanalysisd, suspended"));
  CHECK(has(ran.out, "only Config: suspend photoanalysisd (611)"));
  const Ran same = run_client({"simulate", kLatch, "--diff", write(directory, "none.json", "{}")});
  CHECK(has(same.out, "The same decisions"));
  const auto document = boost::json::parse(run_client({"simulate", kLatch, "--diff", overlay, "--json"}).out);
  CHECK(document.at("other").at("report").at("ticks").as_int64() > 0);
  CHECK(document.at("differences").as_array().front().at("first").as_bool());
}

TEST_CASE("what others are asked to do is a decision, and a difference, too") {
  const test::TempDir directory;
  const std::string trace = kTraces / "resident_24h.jsonl";
  const std::string overlay = write(directory, "mine.json", R"({"rules": [{"name": "rescue", "enabled": true,
      "any": [{"all": [{"metric": "memory_used_percent", "enter": 80, "exit": 75}]}]}]})");
  const Ran ran = run_client({"simulate", trace, "--diff", overlay});
  REQUIRE(ran.status == 0);
  CHECK_FALSE(has(ran.out, "The same decisions"));
  CHECK(has(ran.out, "only Other: unload model llama3.2:3b"));
  CHECK(has(decisions_in(run_client({"simulate", trace, "--config", overlay}).out), "unload model llama3.2:3b"));
  const auto found = client::simulate(trace, "", overlay);
  REQUIRE(found);
  REQUIRE_FALSE(found->request_differences.empty());
  CHECK_FALSE(found->request_differences.front().first);
  CHECK(found->request_differences.front().request.rule == "rescue");
}

TEST_CASE("what only one of two simulations did is listed in time") {
  const auto found = client::differences({action_at(1, 1), action_at(5, 2), action_at(5, 3)},
                                         {action_at(1, 1), action_at(2, 4), action_at(5, 3)});
  REQUIRE(found.size() == 2);
  CHECK_FALSE(found[0].first);
  CHECK(found[0].action.process.pid == 4);
  CHECK(found[1].first);
  CHECK(found[1].action.process.pid == 2);
  CHECK(client::differences(std::vector<decide::ReplayAction>{}, {}).empty());
}

TEST_CASE("what is no trace is said with its line, exit 1; a faulty configuration as config check does, exit 6") {
  const test::TempDir directory;
  const std::string bad = write(directory, "bad.jsonl", "{\"schema\":\"m1opt.trace/1\"}\n{\"at\":1}\n");
  Ran ran = run_client({"simulate", bad});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, bad + ": line 2: $.at: unknown key"));
  ran = run_client({"simulate", write(directory, "empty.jsonl", "")});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "no trace"));
  CHECK(run_client({"simulate", directory / "none.jsonl"}).status == 1);
  CHECK(run_client({"simulate"}).status == 2);
  const std::string config = write(directory, "c.json", "{\n \"limits\": {\"cooldwn_s\": 1}\n}\n");
  ran = run_client({"simulate", kLatch, "--config", config});
  CHECK(ran.status == 6);
  CHECK(has(ran.err, config + ":2:"));
  CHECK(has(ran.err, "cooldown_s"));
}

TEST_CASE("a last line that is cut off is left out, and said so") {
  const test::TempDir directory;
  const std::string path =
      write(directory, "cut.jsonl", "{\"schema\":\"m1opt.trace/1\"}\n{\"at_s\":1}\n{\"at_s\":2,\"sam");
  const Ran ran = run_client({"simulate", path});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "1 ticks"));
  CHECK(has(ran.out, "The last line is cut off"));
}

TEST_CASE("the tables fit 80 columns") {
  for (const char* name : {"at_the_limit.jsonl", "respawning_targets.jsonl"}) {
    std::istringstream lines(run_client({"simulate", kTraces / name}, {"COLUMNS=80"}).out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(line.size() <= 80);
    }
  }
}
