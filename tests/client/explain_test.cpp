#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using test::FakeDaemon;
using test::has;
using test::http_answer;
using test::Ran;
using test::run_client;
using test::SeenRequest;

namespace {

FakeDaemon::Answer answer_of(std::string answer) {
  return [answer = std::move(answer)](const SeenRequest&) { return answer; };
}

std::string nothing_there() {
  return http_answer(404,
                     R"({"type":"urn:m1opt:problem:not_found","title":"T","status":404,)"
                     R"("code":"not_found","detail":"why it failed.","hint":"mend it"})",
                     "application/problem+json");
}

}  // namespace

TEST_CASE("explain looks for a target, then for a rule, and says when there is neither") {
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/explain/rule/swap") {
      return http_answer(200, R"({"lines":["swap is not tripped"]})");
    }
    if (request.line == "GET /v1/explain/event/7.1") {
      return http_answer(200, R"({"lines":["it happened"]})");
    }
    return nothing_there();
  });
  CHECK(run_client({"explain", "swap", "--socket", daemon.socket()}).out ==
        "- swap is not tripped\n");
  CHECK(run_client({"explain", "7.1", "--socket", daemon.socket()}).out == "- it happened\n");
  const Ran neither = run_client({"explain", "nonsense", "--socket", daemon.socket()});
  CHECK(neither.status == 1);
  CHECK(has(neither.err, "\"nonsense\" is no event, target, rule or process id"));
}

TEST_CASE("explain takes a number for a process id, and --targets lists what matches now") {
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/explain/process/812") {
      return http_answer(200, R"({"lines":["pid 812 is tracker, of uid 0"]})");
    }
    if (request.line == "GET /v1/targets") {
      return http_answer(200, R"({"targets":[
        {"name":"indexer","mode":"suspend","processes":[{"id":{"pid":812,"start":5},"name":"tracker","why":"no rule has tripped"}],
         "refused":[{"target":"indexer","id":{"pid":9,"start":9},"name":"tracker","why":"it is a stranger's"}]},
        {"name":"mds","mode":"background","processes":[],"refused":[]},
        {"name":"backupd","mode":"background","processes":[],"refused":[]}]})");
    }
    return nothing_there();
  });
  CHECK(run_client({"explain", "812", "--socket", daemon.socket()}).out == "- pid 812 is tracker, of uid 0\n");
  CHECK(run_client({"explain", "--targets", "--socket", daemon.socket()}).out ==
        "indexer (at most suspend)\n"
        "  tracker pid 812: no rule has tripped\n"
        "  tracker pid 9 is left alone: it is a stranger's\n"
        "Not running: mds, backupd\n"
        "More: m1optctl explain TARGET, m1optctl explain PID\n");
  CHECK(run_client({"explain", "--targets", "mds", "--socket", daemon.socket()}).status == 2);
  CHECK(run_client({"explain", "--targets", "--socket", "/nowhere"}).status == 3);
}

TEST_CASE("the rules are listed with how far each is, and when it acts") {
  FakeDaemon daemon(answer_of(http_answer(200, R"({"rules":[{"name":"contention","enabled":true,"tripped":false,
    "acting":false,"text":"demand 3 %, trips at 25 %","why":"because","needs":"busy",
    "any":[[{"distance":"demand 3 %: 22 points below 25 %; trips after 5 s there"}]]}]})")));
  CHECK(run_client({"explain", "--socket", daemon.socket()}).out ==
        "contention [quiet]\n"
        "  demand 3 %: 22 points below 25 %; trips after 5 s there; acts while a workload is busy\n"
        "  because\n"
        "More: m1optctl explain RULE\n");
}
