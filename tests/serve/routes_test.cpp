#include "serve/routes.h"

#include <boost/json/parse.hpp>
#include <set>

#include "serve/fixture.h"
#include "support/catch.h"
#include "wire/encode.h"

using namespace m1opt;
using namespace m1opt::test;

TEST_CASE("status is the snapshot's document with its age at the time of the answer") {
  ServerFixture fixture;
  fixture.backend.change(
      [](Snapshot& snapshot) { snapshot.status.headline = "all \"age_s\":0 well"; });
  fixture.start();
  const std::string answer = fixture.ask("GET", "/v1/status");
  CHECK(status_of(answer) == 200);
  CHECK(has(answer, "Content-Type: application/json\r\n"));
  const auto json = boost::json::parse(body_of(answer));
  CHECK(json.at("schema") == "m1opt.status/1");
  CHECK(json.at("age_s").as_double() == 1.5);
  CHECK(json.at("headline") == "all \"age_s\":0 well");
  CHECK(json.at("memory").is_null());
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.headline = "next"; });
  CHECK(boost::json::parse(body_of(fixture.ask("GET", "/v1/status"))).at("headline") == "next");
}

TEST_CASE("every document names its schema") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.backend.change([](Snapshot& snapshot) { snapshot.rules.emplace_back().name = "swap"; });
  fixture.backend.add_event("1.1");
  fixture.start();
  const std::pair<const char*, const char*> rows[] = {
      {"/v1/status", "m1opt.status/1"},
      {"/v1/health", "m1opt.health/1"},
      {"/v1/version", "m1opt.version/1"},
      {"/v1/workloads", "m1opt.workloads/1"},
      {"/v1/targets", "m1opt.targets/1"},
      {"/v1/rules", "m1opt.rules/1"},
      {"/v1/events", "m1opt.events/1"},
      {"/v1/events?since=2026-08-01T00:00:00Z", "m1opt.events/1"},
      {"/v1/history", "m1opt.history/1"},
      {"/v1/history?metric=memory_used_percent", "m1opt.history/1"},
      {"/v1/history/effects", "m1opt.effects/1"},
      {"/v1/explain/event/1.1", "m1opt.explain/1"},
      {"/v1/explain/target/indexer", "m1opt.explain/1"},
      {"/v1/explain/rule/swap", "m1opt.explain/1"},
      {"/v1/explain/process/1", "m1opt.explain/1"},
      {"/v1/settings", "m1opt.settings/1"},
      {"/v1/settings/history", "m1opt.settings_history/1"},
      {"/v1/config", "m1opt.config/1"}};
  for (const auto& [path, schema] : rows) {
    INFO(path);
    const std::string answer = fixture.ask("GET", path);
    CHECK(status_of(answer) == 200);
    CHECK(boost::json::parse(body_of(answer)).at("schema") == schema);
  }
}

TEST_CASE("health answers 503 when something is broken") {
  ServerFixture fixture;
  fixture.start();
  CHECK(status_of(fixture.ask("GET", "/v1/health")) == 200);
  fixture.backend.change([](Snapshot& snapshot) {
    snapshot.status.health.push_back({Severity::error, "no guardian", "restart"});
  });
  const std::string answer = fixture.ask("GET", "/v1/health");
  CHECK(status_of(answer) == 503);
  CHECK(boost::json::parse(body_of(answer)).at("status") == "degraded");
}

TEST_CASE("events are the latest, or the next after an id, or of one kind") {
  ServerFixture fixture;
  for (int i = 1; i <= 9; ++i) {
    fixture.backend.add_event("1." + std::to_string(i),
                              i % 3 == 0 ? EventKind::passive : EventKind::command);
  }
  fixture.start();
  const auto ids = [&](const std::string& query) {
    const auto json = boost::json::parse(body_of(fixture.ask("GET", "/v1/events" + query)));
    std::string list;
    for (const auto& event : json.at("events").as_array()) {
      list += std::string(event.at("id").as_string()) + " ";
    }
    return list + "next " + std::string(json.at("next").as_string());
  };
  CHECK(ids("?limit=2") == "1.8 1.9 next 1.9");
  CHECK(ids("?after=1.3&limit=2") == "1.4 1.5 next 1.5");
  CHECK(ids("?after=1.9") == "next 1.9");
  CHECK(ids("?kind=passive") == "1.3 1.6 1.9 next 1.9");
  CHECK(status_of(fixture.ask("GET", "/v1/events?limit=0")) == 422);
  CHECK(status_of(fixture.ask("GET", "/v1/events?limit=x")) == 422);
  const std::string kind = fixture.ask("GET", "/v1/events?kind=pasive");
  CHECK(status_of(kind) == 422);
  CHECK(has(kind, "did you mean \\\"passive\\\"?"));
  CHECK(status_of(fixture.ask("GET", "/v1/events?limt=1")) == 400);
}

TEST_CASE("explaining what is not there is a 404 with the nearest name") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  const std::string answer = fixture.ask("GET", "/v1/explain/target/indxer");
  CHECK(status_of(answer) == 404);
  CHECK(has(answer, "did you mean \\\"indexer\\\"?"));
  CHECK(status_of(fixture.ask("GET", "/v1/explain/event/9.9")) == 404);
  CHECK(status_of(fixture.ask("GET", "/v1/explain/rule/none")) == 404);
  for (const char* pid : {"2147483647", "0", "-1", "1x", "99999999999"}) {
    INFO(pid);
    CHECK(status_of(fixture.ask("GET", std::string("/v1/explain/process/") + pid)) == 404);
  }
  CHECK(status_of(fixture.ask("GET", "/v1/explain/target/index%65r")) == 200);
}

TEST_CASE("before the first sample the answer is 503 and says so") {
  class Starting final : public serve::Backend {
   public:
    std::shared_ptr<const Snapshot> snapshot() override { return nullptr; }
    Instant now() override { return {}; }
    bool post(Command, std::function<void(CommandReply)>) override { return false; }
    bool self_test(std::function<void(std::vector<serve::SelfTestStep>)>) override { return false; }
    bool fetch(serve::FetchWork, std::function<void(serve::Fetched)>) override { return false; }
    std::vector<Event> events_after(const std::string&, std::size_t) override { return {}; }
    std::shared_ptr<void> on_event(std::function<void()>) override { return nullptr; }
  };
  ServerFixture fixture;
  Starting backend;
  serve::Server server(backend, fixture.options);
  REQUIRE(server.start().has_value());
  const std::string answer = fixture.ask("GET", "/v1/status");
  CHECK(status_of(answer) == 503);
  CHECK(has(answer, "\"code\":\"starting\""));
}

TEST_CASE("every route is in the OpenAPI document with access, summary, example and its problem") {
  const auto document = serve::make_openapi(serve::routes());
  CHECK(document.at("openapi") == "3.1.0");
  std::set<std::string> seen;
  for (const serve::Route& route : serve::routes()) {
    INFO(route.path);
    CHECK(seen.insert(std::string(wire::enum_word(route.method)) + route.path).second);
    CHECK_FALSE(route.summary.empty());
    CHECK_FALSE(route.example.empty());
    const bool reads = route.method == serve::Method::GET;
    std::string method = wire::enum_word(route.method);
    std::transform(method.begin(), method.end(), method.begin(), ::tolower);
    const auto& operation = document.at("paths").at(route.path).at(method);
    CHECK(operation.at("x-access").as_string() == wire::enum_word(route.access));
    CHECK(operation.at("responses").as_object().contains("default"));
    CHECK(operation.as_object().contains(reads ? "x-example" : "requestBody"));
    // Nothing that changes anything is open to whoever may read.
    if (!reads) CHECK(route.access != serve::Access::read);
  }
  CHECK(document.at("paths")
            .at("/v1/pause")
            .at("post")
            .at("requestBody")
            .at("content")
            .at("application/json")
            .at("schema")
            .at("properties")
            .as_object()
            .contains("for_s"));
  ServerFixture fixture;
  fixture.start();
  CHECK(boost::json::parse(body_of(fixture.ask("GET", "/v1/openapi.json"))).as_object() ==
        document);
}
