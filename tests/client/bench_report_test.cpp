#include "client/bench/report.h"

#include "client/documents.h"
#include "client/json_view.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::client;
using namespace m1opt::client::bench;
using test::has;

namespace {

Run run(Arm arm, double rate, double prompt_rate) {
  return {arm, {100, 50, prompt_rate, rate, {}}, {}, false, true};
}

/// Five pairs; generation is faster with the daemon, the prompt is not.
Report compared() {
  Report report;
  report.taken = "2026-08-01T10:00:00Z";
  report.server = "Ollama 0.32.15 at 127.0.0.1:11434";
  report.model = {"mistral:7b", "Q4_K_M", 4'370'000'000, 4096, -1};
  report.plan = {true, 5, 50, 7};
  report.machine.reading.chip = "Apple M1";
  report.machine.ram = base::Bytes{8LL << 30};
  report.outcome.watched = true;
  for (int pair = 0; pair < 5; ++pair) {
    report.outcome.runs.push_back(run(Arm::paused, 10 + pair * 0.1, 100 + pair));
    report.outcome.runs.push_back(run(Arm::active, 20 + pair * 0.1, 104 - pair));
  }
  return report;
}

const render::Style kPlain{false, true, 0};

}  // namespace

TEST_CASE("a report says medians, the gain with its interval, and when there is none") {
  const std::string text = to_text(compared(), kPlain);
  CHECK(has(text, "mistral:7b (Q4_K_M), Ollama 0.32.15 at 127.0.0.1:11434"));
  CHECK(has(text, "10.2 tok/s (10.0 to 10.4) paused, 20.2 tok/s (20.0 to 20.4) active"));
  CHECK(has(text, "+98.0 % (95 % interval +"));
  CHECK(has(text, "no measurable gain: +0.0 % (95 % interval -"));
  CHECK(has(text, "P-cores     not told by this system"));
  CHECK(has(text, "not known here, so no run waited for it"));
}

TEST_CASE("a report without a comparison claims no gain") {
  Report report = compared();
  report.plan.compare = false;
  CHECK_FALSE(gain_of(report, Phase::generation).has_value());
  const std::string text = to_text(report, kPlain);
  CHECK(has(text, "Generation  20.2 tok/s (20.0 to 20.4)\n"));
  CHECK_FALSE(has(text, "gain"));
  CHECK(find(boost::json::value(to_json(report)), "generation.gain_percent") == nullptr);
}

TEST_CASE("fewer than five pairs have a gain and no interval") {
  Report report = compared();
  report.outcome.runs.resize(8);
  CHECK(has(to_text(report, kPlain), "no interval: fewer than 5 pairs"));
  CHECK(text_at(to_json(report), "generation.verdict") == "unknown");
}

TEST_CASE("the document keeps each run for whoever reckons with it later") {
  const boost::json::value document = to_json(compared());
  CHECK(text_at(document, "schema") == "m1opt.bench/1");
  CHECK(list_at(document, "runs").size() == 10);
  CHECK(number_at(document, "machine.ram_bytes") == 8.0 * 1024 * 1024 * 1024);
  CHECK(number_at(document, "model.size_bytes") == 4.37e9);
  CHECK(text_at(document, "generation.verdict") == "faster");
  CHECK(text_at(document, "prompt.verdict") == "no measurable gain");
  CHECK(std::abs(*number_at(document, "generation.gain_percent.value") - 98.04) < 0.01);
}

TEST_CASE("runs that were hot or where the daemon did not hold all are told") {
  Report report = compared();
  report.outcome.before.thermal_level = 0;
  CHECK(has(to_text(report, kPlain), "every run began below the limit"));
  report.outcome.runs[3].hot = true;
  report.outcome.runs[4].settled = false;
  const std::string text = to_text(report, kPlain);
  CHECK(has(text, "1 runs began hot"));
  CHECK(has(text, "in 1 of 10 runs the daemon did not hold all"));
}

TEST_CASE("what the daemon saw is read from its status") {
  const auto status = boost::json::parse(test::as_text(test::busy_status()));
  const Conditions conditions = conditions_of(status);
  CHECK(conditions.pressure == "warning");
  CHECK(conditions.swap_used_bytes == 600.0 * 1024 * 1024);
  CHECK(conditions.holds == std::set<std::string>{"suspend photoanalysisd"});
  CHECK_FALSE(conditions.performance_core_share_percent.has_value());
  CHECK_FALSE(is_heat_known(conditions));
  CHECK_FALSE(is_hot(conditions));
  CHECK(conditions_of(boost::json::value{}) == Conditions{});
}

TEST_CASE("hot is the level heavy, or 90 degrees") {
  Conditions conditions;
  conditions.thermal_level = 1;
  CHECK_FALSE(is_hot(conditions));
  conditions.thermal_level = 2;
  CHECK(is_hot(conditions));
  conditions = {};
  conditions.temperature_celsius = 90;
  CHECK(is_hot(conditions));
}

TEST_CASE("the daemon has settled when it holds all that it held, and perhaps more") {
  Conditions reference;
  Conditions now;
  CHECK(is_settled(now, reference));
  reference.holds = {"background mds", "raise ollama"};
  now.holds = {"raise ollama"};
  CHECK_FALSE(is_settled(now, reference));
  now.holds = {"background mds", "raise ollama", "suspend mdworker"};
  CHECK(is_settled(now, reference));
}

TEST_CASE("what is claimed is found for that chip, RAM, model and quantisation alone") {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  const auto claimed = find_claimed_speed("Apple M1", 8 * kGiB, "mistral:7b", "Q4_K_M");
  REQUIRE(claimed.has_value());
  CHECK(claimed->low == 18);
  CHECK(claimed->high == 22);
  CHECK(find_claimed_speed("Apple M1", 16 * kGiB, "mistral:7b-instruct-q8_0", "q8_0")->low == 20);
  CHECK_FALSE(find_claimed_speed("Apple M2", 8 * kGiB, "mistral:7b", "Q4_K_M").has_value());
  CHECK_FALSE(find_claimed_speed("Apple M1", 8 * kGiB, "mistral:70b", "Q4_K_M").has_value());
  CHECK_FALSE(find_claimed_speed("Apple M1", 8 * kGiB, "mistral:7b", "Q8_0").has_value());
  Report report = compared();
  report.claimed = claimed;
  CHECK(has(to_text(report, kPlain), "18 to 22 tok/s for mistral:7b-q4_K_M on an M1 MacBook Air 8 GB: nobody says"));
}
