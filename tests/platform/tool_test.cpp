#include "platform/posix/tool.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>

#include "support/catch.h"

using namespace m1opt::base;
using namespace m1opt::platform::posix;

namespace {

ToolExit shell(const std::string& script, Duration patience = std::chrono::seconds(20)) {
  return run_tool({"/bin/sh", {"-c", script}, patience}).value();
}

}  // namespace

TEST_CASE("a tool's exit status and both its outputs are told") {
  const ToolExit exit = shell("echo out; echo err >&2; exit 70");
  CHECK(exit.status == 70);
  CHECK_FALSE(exit.signal);
  CHECK_FALSE(exit.timed_out);
  CHECK(exit.output == "out\nerr\n");
}

TEST_CASE("a tool gets no environment and nothing to read") {
  ::setenv("M1OPT_TEST_SECRET", "1", 1);
  CHECK(run_tool({"/usr/bin/env", {}, std::chrono::seconds(20)})->output.empty());
  CHECK(shell("read word || exit 3").status == 3);
}

TEST_CASE("a tool hears the signals that this program ignores") {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const ToolExit exit = shell("kill -PIPE $$; exit 0");
  ::signal(SIGPIPE, before);
  CHECK(exit.signal == SIGPIPE);
  CHECK_FALSE(exit.status);
}

TEST_CASE("a tool that does not end is killed") {
  const ToolExit exit = shell("while :; do :; done", std::chrono::milliseconds(50));
  CHECK(exit.timed_out);
  CHECK(exit.signal == SIGKILL);
}

TEST_CASE("a tool that never stops writing fills nothing") {
  const ToolExit exit = shell("i=0; while [ $i -lt 5000 ]; do echo 0123456789; i=$((i+1)); done");
  CHECK(exit.status == 0);
  CHECK(exit.output.size() == 1024);
}

TEST_CASE("a tool gets the environment that is given, and no more output is kept than asked for") {
  const auto exit = run_tool({"/usr/bin/env", {}, std::chrono::seconds(20), {"A=1", "B=22222"}, 6});
  CHECK(exit->output == "A=1\nB=");
}

TEST_CASE("a tool is ended when nobody wants it any more, with all that it started") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);  // inherited, so that its end tells when the last of them ended
  Tool tool{"/bin/sh", {"-c", "trap 'exit 3' TERM; sleep 60 & echo started; wait"},
            std::chrono::seconds(20)};
  tool.own_group = true;
  tool.go_on = [](const std::string& output) { return output.empty(); };
  const ToolExit exit = run_tool(tool).value();
  ::close(ends[1]);
  CHECK(exit.interrupted);
  CHECK_FALSE(exit.timed_out);
  CHECK(exit.status == 3);
  pollfd last{ends[0], POLLIN, 0};
  CHECK(::poll(&last, 1, 10'000) == 1);
  ::close(ends[0]);
}

TEST_CASE("a tool's end counts, not that of a child which kept its output open") {
  const ToolExit exit = shell("/bin/sh -c 'kill -STOP $$' & echo $!", std::chrono::seconds(20));
  CHECK(exit.status == 0);
  CHECK_FALSE(exit.timed_out);
  REQUIRE_FALSE(exit.output.empty());
  ::kill(std::stoi(exit.output), SIGKILL);
}

TEST_CASE("a tool that is not there is an error that names it") {
  const auto missing = run_tool({"/nonexistent/taskpolicy", {}, std::chrono::seconds(1)});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().os_errno == ENOENT);
  CHECK(missing.error().what.find("/nonexistent/taskpolicy") != std::string::npos);
}
