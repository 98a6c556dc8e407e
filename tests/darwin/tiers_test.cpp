#include <cerrno>

#include "darwin/fake_mac.h"
#include "platform/darwin/darwin.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::test::FakeMac;

namespace {

constexpr const char* kServer = "/Applications/Ollama.app/Contents/Resources/llama-server";

struct TierRig {
  FakeMac mac;
  ProcessId id = mac.start(601, 1, kServer);
  TierRequest request{id, kServer, "ollama", 0, 0};

  TierOutcome ask() { return platform::darwin::set_tiers(mac, request); }
};

bool says(const TierOutcome& outcome, const std::string& part) {
  INFO(outcome.text);
  return outcome.text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tiers are asked of the system's own taskpolicy, by its path and with these words alone") {
  TierRig rig;
  const auto outcome = rig.ask();
  CHECK(outcome.result == TierResult::asked);
  CHECK(outcome.exit_status == 0);
  REQUIRE(rig.mac.tools.size() == 1);
  CHECK(rig.mac.tools[0].path == "/usr/sbin/taskpolicy");
  CHECK(rig.mac.tools[0].arguments ==
        std::vector<std::string>{"-t", "0", "-l", "0", "-p", "601"});
  CHECK(rig.mac.tools[0].patience > Duration{});
  CHECK(says(outcome, "taskpolicy -t 0 -l 0 -p 601 exited with 0; whether it is in force cannot be read"));
  rig.request.latency.reset();
  rig.ask();
  CHECK(rig.mac.tools[1].arguments == std::vector<std::string>{"-t", "0", "-p", "601"});
  rig.request = {rig.id, kServer, "ollama", std::nullopt, 3};
  rig.ask();
  CHECK(rig.mac.tools[2].arguments == std::vector<std::string>{"-l", "3", "-p", "601"});
}

TEST_CASE("no tool is started for a process that ended, was replaced or runs another program") {
  TierRig rig;
  rig.request.process.start += 1;
  CHECK(rig.ask().result == TierResult::gone);
  rig.request.process = rig.id;
  rig.mac.at(601).path = "/usr/bin/vim";
  CHECK(rig.ask().result == TierResult::failed);
  rig.mac.end(601);
  CHECK(rig.ask().result == TierResult::gone);
  rig.request = {rig.mac.start(602, 1, kServer), kServer, "ollama", {}, {}};
  CHECK(rig.ask().result == TierResult::failed);
  CHECK(rig.mac.tools.empty());
}

TEST_CASE("a process that was replaced while the tool ran is no success") {
  TierRig rig;
  rig.mac.while_tool_runs = [&] {
    rig.mac.end(601);
    rig.mac.start(601, 1, "/bin/zsh");
  };
  const auto outcome = rig.ask();
  CHECK(outcome.result == TierResult::failed);
  CHECK(outcome.exit_status == 0);
  CHECK(says(outcome, "whose tier was set is not known"));
}

TEST_CASE("a tool that fails, is killed or cannot be started is told as it was") {
  TierRig rig;
  rig.mac.tool_exit = {70, {}, false, "taskpolicy: \x1b[1mtask_policy_set: 4\n"};
  auto outcome = rig.ask();
  CHECK(outcome.result == TierResult::failed);
  CHECK(outcome.exit_status == 70);
  CHECK(says(outcome, "exited with 70: taskpolicy:  [1mtask_policy_set: 4"));
  rig.mac.tool_exit = {{}, 9, true, std::string(1024, 'x')};
  outcome = rig.ask();
  CHECK(outcome.result == TierResult::failed);
  CHECK_FALSE(outcome.exit_status);
  CHECK(says(outcome, "was killed after 5 s"));
  CHECK(outcome.text.size() < 300);
  rig.mac.tool_exit = {{}, 11, false, {}};
  CHECK(says(rig.ask(), "was ended by signal 11"));
  rig.mac.tool_error = EAGAIN;
  CHECK(rig.ask().result == TierResult::failed);
  rig.mac.tool_error = ENOENT;
  CHECK(rig.ask().result == TierResult::unsupported);
}
