#include <boost/json/parse.hpp>

#include "serve/fixture.h"
#include "support/catch.h"

using namespace m1opt;
using namespace m1opt::test;

namespace {

constexpr const char* kApply = "/v1/settings/swappiness/apply";
constexpr const char* kUndo = "/v1/settings/swappiness/undo";

struct SettingsFixture : ServerFixture {
  SettingsFixture() { start(); }

  void be(Mode mode) {
    backend.change([mode](Snapshot& snapshot) { snapshot.status.mode = mode; });
  }
  [[nodiscard]] const std::vector<std::string>& asked() const { return backend.archive.settings_asked; }
};

}  // namespace

TEST_CASE("root sets a setting and puts it back, and is told what became of it") {
  SettingsFixture fixture;
  const std::string answer = fixture.ask("POST", kApply, "{}");
  CHECK(status_of(answer) == 200);
  const auto json = boost::json::parse(body_of(answer));
  CHECK(json.at("schema") == "m1opt.setting/1");
  CHECK(json.at("setting") == "swappiness");
  CHECK(json.at("outcome") == "observed");
  CHECK(json.at("dry_run") == false);
  CHECK(status_of(fixture.ask("POST", kUndo)) == 200);
  CHECK(fixture.asked() == std::vector<std::string>{"apply swappiness", "undo swappiness"});
}

TEST_CASE("a member of the group may read the settings and change none") {
  SettingsFixture fixture;
  fixture.become(1000, {ServerFixture::kGroup});
  CHECK(status_of(fixture.ask("GET", "/v1/settings")) == 200);
  CHECK(status_of(fixture.ask("GET", "/v1/settings/history")) == 200);
  for (const char* path : {kApply, kUndo}) {
    const std::string answer = fixture.ask("POST", path, "{}");
    CHECK(status_of(answer) == 403);
    CHECK(has(answer, "\"code\":\"forbidden\""));
    CHECK(has(answer, "outlives the daemon"));
  }
  CHECK(fixture.asked().empty());
}

TEST_CASE("with dry_run a setting is only tried") {
  SettingsFixture fixture;
  const auto json = boost::json::parse(body_of(fixture.ask("POST", std::string(kApply) + "?dry_run=true")));
  CHECK(json.at("dry_run") == true);
  CHECK(json.at("outcome") == "would");
  CHECK(fixture.asked() == std::vector<std::string>{"try apply swappiness"});
  CHECK(status_of(fixture.ask("POST", std::string(kApply) + "?dry_run=1")) == 400);
}

TEST_CASE("a daemon that runs with --dry-run tries, and says that it did no more") {
  SettingsFixture fixture;
  fixture.be(Mode::dry_run);
  const std::string answer = fixture.ask("POST", kApply);
  CHECK(has(answer, "\"dry_run\":true"));
  CHECK(has(answer, "nothing on the machine is changed"));
  CHECK(fixture.asked() == std::vector<std::string>{"try apply swappiness"});
}

TEST_CASE("a daemon that may begin nothing sets nothing, and puts back all the same") {
  for (const Mode mode : {Mode::paused, Mode::safe, Mode::observing}) {
    SettingsFixture fixture;
    fixture.be(mode);
    const std::string answer = fixture.ask("POST", kApply);
    CHECK(status_of(answer) == 409);
    CHECK(has(answer, "\"code\":\"conflict\""));
    CHECK(status_of(fixture.ask("POST", std::string(kApply) + "?dry_run=true")) == 200);
    CHECK(status_of(fixture.ask("POST", kUndo)) == 200);
    CHECK(fixture.asked() == std::vector<std::string>{"try apply swappiness", "undo swappiness"});
  }
}

TEST_CASE("a daemon that looks at a copy of a machine has no settings") {
  SettingsFixture fixture;
  fixture.be(Mode::sysroot);
  for (const char* path : {kApply, kUndo}) CHECK(has(fixture.ask("POST", path), "\"code\":\"sysroot\""));
  CHECK(status_of(fixture.ask("GET", "/v1/settings")) == 409);
  CHECK(fixture.asked().empty());
}

TEST_CASE("why a setting was not changed has its own status, and an unknown name the nearest") {
  SettingsFixture fixture;
  const std::tuple<Errc, int, const char*> rows[] = {
      {Errc::gone, 404, "not_found"},        {Errc::not_permitted, 403, "refused"},
      {Errc::unsupported, 403, "refused"},   {Errc::changed, 409, "conflict"},
      {Errc::busy, 503, "busy"},             {Errc::io, 500, "failed"}};
  for (const auto& [code, status, word] : rows) {
    fixture.backend.archive.setting_fault = Error{code, 0, "because"};
    const std::string answer = fixture.ask("POST", "/v1/settings/swapiness/apply");
    CHECK(status_of(answer) == status);
    const auto problem = boost::json::parse(body_of(answer));
    CHECK(problem.at("code") == word);
    CHECK(problem.at("detail") == "because");
    CHECK(has(answer, "did you mean \\\"swappiness\\\"?") == (code == Errc::gone));
  }
}

TEST_CASE("what is no body and no query of theirs is refused before anything is tried") {
  SettingsFixture fixture;
  CHECK(status_of(fixture.ask("POST", kApply, R"({"value": "60"})")) == 400);
  CHECK(status_of(fixture.ask("POST", std::string(kApply) + "?value=60")) == 400);
  CHECK(status_of(fixture.ask("GET", kApply)) == 405);
  CHECK(fixture.asked().empty());
}

TEST_CASE("a history that cannot be read says why") {
  SettingsFixture fixture;
  fixture.backend.archive.broken = true;
  const std::string answer = fixture.ask("GET", "/v1/settings/history");
  CHECK(status_of(answer) == 500);
  CHECK(has(answer, "settings.json: broken"));
}
