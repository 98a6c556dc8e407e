#include "client/render/status.h"

#include <stdlib.h>

#include <sstream>

#include "client/documents.h"
#include "client/render/text.h"
#include "support/catch.h"

using namespace m1opt;
using test::has;
using client::render::render_status;
using client::render::Style;

namespace {

std::string rendered(const model::StatusDocument& status, const Style& style) {
  ::setenv("TZ", "UTC", 1);
  return render_status(wire::encode(status), style, test::at_second(3600).point);
}

}  // namespace

TEST_CASE("a status fits 80 columns and the C locale") {
  const std::string text =
      client::render::to_ascii(rendered(test::busy_status(), Style{false, false, 80}));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 80);
    for (const char c : line) CHECK((c >= ' ' && c <= '~'));
  }
}

TEST_CASE("a status says who is held, why, since when and until when") {
  const std::string text = rendered(test::busy_status(), Style{false, true, 0});
  CHECK(has(text, "photoanalysisd suspended, pid 611, since 10:55:50 (4m10s), ends in 5m50s"));
  CHECK(has(text, "because swap-out 38 MB/s \u2265 20 MB/s for 10 s (rule swap)"));
  CHECK(has(text, "active  since 10:00:00 (1h00m)  pid 4242"));
  CHECK(has(text, "warning (some avg10 12 % \u2265 10 %)"));
  CHECK(has(text, "5.0 GiB available of 16.0 GiB, used 69 %"));
  CHECK(has(text, "ollama busy since 10:01:00 (tree CPU 180 % of a core over 5 s)"));
  CHECK(has(text, "model llama3.2:3b, 3.0 GiB, context 8192"));
  CHECK(has(text, "llama-server pid 700, CPU 178 % of one core, 3.0 GiB, nice -10, raised"));
  CHECK(has(text, "warning  Ollama runs as background"));
  CHECK(has(text, "Fix: m1optctl doctor"));
}

TEST_CASE("a runner that is given a rest is said to rest, with the time that is left") {
  auto status = test::busy_status();
  status.holds[0].kind = model::ActionKind::pause_workload;
  status.holds[0].target = "llama-server";
  CHECK(has(rendered(status, Style{false, true, 0}), "llama-server resting, pid 611, since 10:55:50 (4m10s), ends in 5m50s"));
}

TEST_CASE("a status says what tiers were asked for, and which fan another program holds") {
  auto status = test::busy_status();
  status.workloads[0].processes[0].tiers =
      model::TierStatus{0, {}, 0, "taskpolicy -t 0 -p 700 exited with 0; whether it is in force cannot be read"};
  status.thermal = model::ThermalReading{};
  status.thermal->fans = {{"fan 0", 5000, model::FanMode::forced}, {"fan 1", 1200, model::FanMode::system}};
  const std::string text = rendered(status, Style{false, true, 0});
  CHECK(has(text, "raised, tiers: taskpolicy -t 0 -p 700 exited with 0; whether it is in force"));
  CHECK(has(text, "fan 0 5000 rpm (held by another program), fan 1 1200 rpm"));
}

TEST_CASE("an absent reading is unknown with its reason, never zero") {
  const std::string text = rendered(test::busy_status(), Style{false, true, 0});
  CHECK(has(text, "compressed unknown (no zram here)"));
  CHECK(has(text, "Thermal    unknown (no thermal zone on this machine)"));
  CHECK(has(text, "out 38.0 MB/s, in unknown (needs two samples to compare)"));
  CHECK(has(text, "Power      unknown (no reason given)"));
  CHECK(has(text, "8 cores, busy 45 %, targets unknown (no cpu time here) of one core"));
}

TEST_CASE("a machine that is kept awake says since when and why, one that could not be says so") {
  auto status = test::busy_status();
  CHECK_FALSE(has(rendered(status, Style{false, true, 0}), "Awake"));
  status.awake = {true, true, "ollama is busy: a lease", test::at_second(120), std::chrono::minutes(4), {}, {}, false};
  CHECK(has(rendered(status, Style{false, true, 0}),
            "Awake      kept from falling asleep by itself since 10:02:00: ollama is busy: a lease"));
  status.awake.held = false;
  CHECK(has(rendered(status, Style{false, true, 0}), "may fall asleep: being asked for, because ollama is busy"));
  status.awake.problem = "systemd-inhibit ended with status 1: Access denied";
  CHECK(has(rendered(status, Style{false, true, 0}), "Awake      may fall asleep: systemd-inhibit ended with"));
  status.awake.wanted = false;
  CHECK_FALSE(has(rendered(status, Style{false, true, 0}), "Awake"));
}

TEST_CASE("how many processes of a workload are not taken in is said") {
  auto status = test::busy_status();
  CHECK_FALSE(has(rendered(status, Style{false, true, 0}), "taken in"));
  status.workloads.front().unlisted = 9748;
  CHECK(has(rendered(status, Style{false, true, 0}),
            "9748 more processes than are taken in: neither counted nor raised"));
}

TEST_CASE("a pause heads the status") {
  auto status = test::busy_status();
  status.mode = model::Mode::paused;
  status.pause.active = true;
  status.pause.until = test::at_second(5400);
  status.pause.uid = 1000;
  CHECK(rendered(status, Style{false, true, 0}).rfind("PAUSED until 11:30:00 by uid 1000", 0) == 0);
  status.pause.until.reset();
  CHECK(rendered(status, Style{false, true, 0}).rfind("PAUSED until unpause", 0) == 0);
}

TEST_CASE("colour adds nothing that the text does not say") {
  const std::string plain = rendered(test::busy_status(), Style{false, true, 80});
  std::string colored = rendered(test::busy_status(), Style{true, true, 80});
  CHECK(has(colored, "\x1b["));
  for (std::size_t at; (at = colored.find("\x1b[")) != std::string::npos;) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  CHECK(colored == plain);
}

TEST_CASE("names from outside are shown without their control characters") {
  auto status = test::busy_status();
  status.holds[0].target = "evil\x1b[2J";
  CHECK_FALSE(has(rendered(status, Style{false, true, 0}), "\x1b"));
}

TEST_CASE("an empty document and one of another daemon are shown, not refused") {
  const auto now = test::at_second(0).point;
  CHECK(has(render_status(boost::json::object{}, Style{}, now), "unknown"));
  CHECK(has(render_status({{"memory", 3}, {"holds", "x"}, {"mode", {1, 2}}}, Style{}, now),
            "unknown"));
}

TEST_CASE("only a finding of severity error makes the status degraded") {
  auto status = test::busy_status();
  CHECK_FALSE(client::render::is_degraded(wire::encode(status)));
  status.health.push_back({model::Severity::error, "the journal cannot be written", ""});
  CHECK(client::render::is_degraded(wire::encode(status)));
}
