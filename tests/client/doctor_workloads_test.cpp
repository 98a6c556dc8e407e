#include "client/doctor_workloads.h"

#include "client/documents.h"
#include "support/catch.h"

using namespace m1opt;
using client::Finding;
using client::FindingResult;
using test::has;

namespace {

/// What is found of the one runner of the busy status, changed so.
template <class Change>
std::vector<Finding> with_runner(Change change) {
  auto status = test::busy_status();
  change(status.workloads.front().processes.front());
  return client::examine_workloads(wire::encode(status));
}

const Finding* finding_of(const std::vector<Finding>& findings, const std::string& what) {
  for (const Finding& finding : findings) {
    if (finding.id == "workload.700." + what) return &finding;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a model that is held back by nothing has no failed finding") {
  const auto findings = with_runner([](model::WorkloadMember& runner) {
    runner.performance_core_share = base::Percent{93};
    runner.app_nap = false;
  });
  CHECK(findings.size() == 3);
  for (const Finding& finding : findings) CHECK(finding.result == FindingResult::pass);
}

TEST_CASE(
    "a runner in the background, on efficiency cores or napped is found with evidence and fix") {
  const auto findings = with_runner([](model::WorkloadMember& runner) {
    runner.background = true;
    runner.performance_core_share = base::Percent{2};
    runner.app_nap = true;
  });
  for (const char* what : {"background", "cores", "app_nap"}) {
    INFO(what);
    const Finding* finding = finding_of(findings, what);
    REQUIRE(finding != nullptr);
    CHECK(finding->result == FindingResult::fail);
    CHECK_FALSE(finding->fix.empty());
  }
  CHECK(has(finding_of(findings, "cores")->evidence, "2 % of its CPU time"));
}

TEST_CASE("of a server that runs no model itself only a nap is a finding") {
  const auto findings = with_runner([](model::WorkloadMember& server) {
    server.runner = false;
    server.background = true;
    server.app_nap = true;
  });
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].id == "workload.700.app_nap");
  CHECK(findings[0].result == FindingResult::fail);
  CHECK(findings[0].evidence == "pid 700");
}

TEST_CASE("an idle runner on efficiency cores is no finding") {
  const auto findings = with_runner([](model::WorkloadMember& runner) {
    runner.cpu_share = base::Percent{3};
    runner.performance_core_share = base::Percent{0};
  });
  CHECK(finding_of(findings, "cores") == nullptr);
}

TEST_CASE("what the daemon does not tell is not claimed") {
  const auto findings = with_runner([](model::WorkloadMember&) {});
  CHECK(finding_of(findings, "cores") == nullptr);
  CHECK(finding_of(findings, "app_nap") == nullptr);
  CHECK(client::examine_workloads(
            boost::json::parse(R"({"workloads":[{"processes":[{"id":{"pid":1},"runner":true}]}]})"))
            .empty());
}
