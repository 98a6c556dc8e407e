#include <signal.h>
#include <sys/stat.h>

#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using test::FakeDaemon;
using test::Ran;
using test::run_client;
using test::SeenRequest;

namespace {

const std::vector<std::string> kNoDaemon{"M1OPT_SOCKET=/nonexistent/m1optd.sock"};

std::string lease_answer() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: "
         "chunked\r\n\r\n"
         "11\r\n{\"lease\":\"held\"}\n\r\n";
}

}  // namespace

TEST_CASE("without a daemon the command runs, with one line on standard error") {
  const Ran ran = run_client({"run", "--", "/bin/echo", "-n", "hello"}, kNoDaemon);
  CHECK(ran.status == 0);
  CHECK(ran.out == "hello");
  CHECK(ran.err.find('\n') == ran.err.size() - 1);
  CHECK(ran.err.find("/bin/echo runs without it") != std::string::npos);
}

TEST_CASE("the exit status is the command's") {
  CHECK(run_client({"run", "--", "/bin/sh", "-c", "exit 41"}, kNoDaemon).status == 41);
  CHECK(run_client({"run", "/bin/sh", "-c", "exit 42"}, kNoDaemon).status == 42);
  CHECK(run_client({"run", "--", "/bin/sh", "-c", "kill -TERM $$"}, kNoDaemon).status ==
        128 + SIGTERM);
  CHECK(run_client({"run", "--", "/bin/sh", "-c", "kill -KILL $$"}, kNoDaemon).status ==
        128 + SIGKILL);
}

TEST_CASE("a command that is missing is 127, one that cannot be executed 126") {
  const test::TempDir directory;
  const std::string file = directory / "plain";
  std::fclose(std::fopen(file.c_str(), "w"));
  ::chmod(file.c_str(), 0644);
  const Ran missing = run_client({"run", "--", directory / "none"}, kNoDaemon);
  CHECK(missing.status == 127);
  CHECK(missing.err.find("no such command") != std::string::npos);
  CHECK(run_client({"run", "--", "no-such-command-anywhere"}, kNoDaemon).status == 127);
  CHECK(run_client({"run", "--", file}, kNoDaemon).status == 126);
  CHECK(run_client({"run", "--", directory.path()}, kNoDaemon).status == 126);
}

TEST_CASE("signals sent to m1optctl reach the command, and its answer counts") {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1}) {
    INFO(signal);
    const test::Started started =
        test::start_client({"run", "--", "/bin/sh", "-c",
                            "trap 'exit 7' TERM INT HUP QUIT USR1; echo ready; "
                            "for i in $(seq 200); do sleep 0.02; done; exit 1"},
                           kNoDaemon);
    test::read_until(started.out.get(), "ready");
    ::kill(started.pid, signal);
    CHECK(test::finish(started).status == 7);
  }
}

TEST_CASE("a lease is asked for the command's own process, and no longer than it lives") {
  const test::TempDir directory;
  const std::string mark = directory / "asked";
  FakeDaemon daemon([&mark](const SeenRequest& request) {
    if (request.line == "POST /v1/leases") std::fclose(std::fopen(mark.c_str(), "w"));
    return lease_answer();
  });
  const Ran ran = run_client({"run", "--socket", daemon.socket(), "--", "/bin/sh", "-c",
                              "echo $$; while [ ! -e " + mark + " ]; do sleep 0.02; done"});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  const auto seen = daemon.seen();
  REQUIRE(seen.size() == 1);
  const std::string pid = ran.out.substr(0, ran.out.find('\n'));
  CHECK(seen[0].body.rfind("{\"pid\":" + pid + ",\"start\":", 0) == 0);
}

TEST_CASE("a refused lease is said once and the command runs on") {
  const test::TempDir directory;
  const std::string mark = directory / "asked";
  FakeDaemon daemon([&mark](const SeenRequest&) {
    std::fclose(std::fopen(mark.c_str(), "w"));
    return test::http_answer(403, R"({"code":"forbidden","detail":"not your process"})");
  });
  const Ran ran =
      run_client({"run", "--socket", daemon.socket(), "--", "/bin/sh", "-c",
                  "while [ ! -e " + mark + " ]; do sleep 0.02; done; sleep 0.1; exit 9"});
  CHECK(ran.status == 9);
  CHECK(ran.err == "m1optctl: no lease: not your process\n");
}
