#include "client/doctor.h"

#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"

using namespace m1opt;
using test::has;
using client::Finding;
using client::FindingResult;
using test::FakeDaemon;
using test::http_answer;
using test::Ran;
using test::run_client;
using test::SeenRequest;

namespace {

const Finding* find(const std::vector<Finding>& findings, const std::string& id) {
  for (const Finding& finding : findings) {
    if (finding.id == id) return &finding;
  }
  return nullptr;
}

model::StatusDocument healthy() {
  auto status = test::busy_status();
  status.health.clear();
  status.problems.clear();
  return status;
}

FakeDaemon::Answer daemon_with(const model::StatusDocument& status, bool passed) {
  return [text = test::as_text(status), passed](const SeenRequest& request) {
    if (request.line == "GET /v1/status") return http_answer(200, text);
    return http_answer(200,
                       fmt::format(R"({{"schema":"m1opt.selftest/1","passed":{0},"steps":)"
                                   R"([{{"name":"stop","passed":{0},"evidence":"state T"}}]}})",
                                   passed));
  };
}

}  // namespace

TEST_CASE("a healthy status has only passed findings") {
  for (const Finding& finding : client::examine_status(wire::encode(healthy()))) {
    INFO(finding.id);
    CHECK(finding.result == FindingResult::pass);
    CHECK(finding.fix.empty());
  }
}

TEST_CASE("what is broken is found with evidence and fix") {
  auto status = healthy();
  status.config.fault = "m1opt.json:3:5: $.limits: unknown key";
  status.guardian.alive = false;
  status.capabilities.push_back({"background", false, "needs CAP_SYS_NICE"});
  status.health.push_back({model::Severity::warning, "Ollama runs as background", "do this"});
  const auto findings = client::examine_status(wire::encode(status));
  for (const char* id : {"config.in_use", "guardian.alive", "capability.background", "health.1"}) {
    INFO(id);
    const Finding* finding = find(findings, id);
    REQUIRE(finding != nullptr);
    CHECK(finding->result == FindingResult::fail);
    CHECK_FALSE(finding->evidence.empty());
    CHECK_FALSE(finding->fix.empty());
  }
}

TEST_CASE("what the system has not got is no fault") {
  auto status = healthy();
  status.capabilities = {{"clamp", false, "sched_setattr: Operation not supported"}};
  const auto findings = client::examine_status(wire::encode(status));
  REQUIRE(find(findings, "capability.clamp") != nullptr);
  CHECK(find(findings, "capability.clamp")->result == FindingResult::skipped);
}

TEST_CASE("a guardian whose memory is not locked is a fault only where the system could lock it") {
  auto status = healthy();
  status.guardian.memory_locked = false;
  const auto open = client::examine_status(wire::encode(status));
  REQUIRE(find(open, "guardian.memory_locked") != nullptr);
  CHECK(find(open, "guardian.memory_locked")->result == FindingResult::fail);
  status.guardian.memory_locked.reset();
  const auto unsupported = client::examine_status(wire::encode(status));
  REQUIRE(find(unsupported, "guardian.memory_locked") != nullptr);
  CHECK(find(unsupported, "guardian.memory_locked")->result == FindingResult::skipped);
  CHECK_FALSE(has(find(unsupported, "guardian.memory_locked")->evidence, "CAP_IPC_LOCK"));
}

TEST_CASE("a reading that is absent is named with the daemon's reason, and is no fault") {
  auto status = healthy();
  status.problems = {{"thermal.fans", "unsupported", "this machine has no fan"},
                     {"gpu.wired_limit_bytes", "io", "sysctl: ENOENT"}};
  const auto findings = client::examine_status(wire::encode(status));
  REQUIRE(find(findings, "reading.thermal.fans") != nullptr);
  CHECK(find(findings, "reading.thermal.fans")->result == FindingResult::skipped);
  CHECK(find(findings, "reading.thermal.fans")->finding == "thermal.fans is not to be had here");
  CHECK(find(findings, "reading.thermal.fans")->evidence == "this machine has no fan");
  CHECK(find(findings, "reading.gpu.wired_limit_bytes")->finding ==
        "gpu.wired_limit_bytes is not known");
}

TEST_CASE("a daemon that only looks needs no guardian") {
  auto status = healthy();
  status.mode = model::Mode::dry_run;
  status.guardian.alive = false;
  for (const Finding& finding : client::examine_status(wire::encode(status))) {
    INFO(finding.id);
    CHECK(finding.result != FindingResult::fail);
  }
}

TEST_CASE("doctor exits 0 when all is well and 5 when the self-test fails") {
  FakeDaemon good(daemon_with(healthy(), true));
  const Ran well = run_client({"doctor", "--socket", good.socket()});
  CHECK(well.status == 0);
  CHECK(has(well.out, "[+] stop works: state T"));
  CHECK_FALSE(has(well.out, "[-]"));

  FakeDaemon bad(daemon_with(healthy(), false));
  const Ran ill = run_client({"doctor", "--socket", bad.socket()});
  CHECK(ill.status == 5);
  CHECK(has(ill.out, "[-] stop is not possible: state T\n    Fix: "));
}

TEST_CASE("doctor without a daemon says how to start it and still looks around") {
  const test::TempDir directory;
  const Ran ran = run_client({"doctor", "--socket", directory / "none.sock"});
  CHECK(ran.status == 5);
  CHECK(has(ran.out, "[-] the daemon does not answer: m1optd is not running"));
  CHECK(has(ran.out, "Fix: Start it: sudo m1optctl start"));
  CHECK(has(ran.out, "Configuration"));
}

TEST_CASE("doctor as json is one document of findings") {
  FakeDaemon daemon(daemon_with(healthy(), true));
  const auto document =
      boost::json::parse(run_client({"doctor", "--json", "--socket", daemon.socket()}).out);
  CHECK(document.at("schema") == "m1opt.doctor/1");
  CHECK(document.at("findings").as_array().size() > 5);
  for (const auto& finding : document.at("findings").as_array()) {
    CHECK(finding.at("id").is_string());
    CHECK(finding.at("result") != "fail");
  }
}
