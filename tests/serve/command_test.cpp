#include <boost/json/parse.hpp>

#include "serve/fixture.h"
#include "support/catch.h"
#include "wire/config_text.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

namespace {

template <class T>
T only_posted(FakeBackend& backend) {
  const auto posted = backend.posted();
  REQUIRE(posted.size() == 1);
  return std::get<T>(posted[0].body);
}

}  // namespace

TEST_CASE("a command is posted with who asked, and the answer is its reply") {
  ServerFixture fixture;
  fixture.backend.set_reply(ReplyCode::ok, "paused for 90 s");
  fixture.become(1000, {ServerFixture::kGroup});
  fixture.start();
  const std::string answer = fixture.ask("POST", "/v1/pause", R"({"for_s": 90})");
  CHECK(status_of(answer) == 200);
  CHECK(boost::json::parse(body_of(answer)).at("text") == "paused for 90 s");
  CHECK(only_posted<PauseCommand>(fixture.backend).duration == Duration(90s));
  CHECK(fixture.backend.posted()[0].uid == 1000);
  CHECK(fixture.backend.posted()[0].administrator);
}

TEST_CASE("each reply code has its status") {
  ServerFixture fixture;
  fixture.start();
  const std::tuple<ReplyCode, int, const char*> rows[] = {
      {ReplyCode::not_found, 404, "not_found"},
      {ReplyCode::refused, 403, "refused"},
      {ReplyCode::conflict, 409, "conflict"},
      {ReplyCode::failed, 500, "failed"},
      {ReplyCode::unprocessable, 422, "unprocessable"}};
  for (const auto& [code, status, word] : rows) {
    fixture.backend.set_reply(code, "because");
    const std::string answer = fixture.ask("POST", "/v1/unpause");
    CHECK(status_of(answer) == status);
    CHECK(has(answer, "Content-Type: application/problem+json"));
    const auto problem = boost::json::parse(body_of(answer));
    CHECK(problem.at("code") == word);
    CHECK(problem.at("detail") == "because");
    CHECK(problem.at("status") == status);
  }
  fixture.backend.set_reply(ReplyCode::unprocessable, "m1opt.json:3:1: ...");
  CHECK(has(fixture.ask("POST", "/v1/config/reload"), "\"code\":\"config_invalid\""));
}

TEST_CASE("a dry run says what would be done and posts nothing") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.backend.change([](Snapshot& snapshot) {
    HoldStatus& hold = snapshot.status.holds.emplace_back();
    hold.target = "indexer";
    hold.process = {812, 77};
    hold.kind = ActionKind::suspend;
  });
  fixture.start();
  const auto ask = [&](const std::string& path, const std::string& body) {
    return boost::json::parse(body_of(fixture.ask("POST", path + "?dry_run=true", body)));
  };
  const auto pause = ask("/v1/pause", "{}");
  CHECK(pause.at("dry_run") == true);
  CHECK(pause.at("text") == "would pause for 1800 s and undo 1 holds");
  CHECK(pause.at("changes").at(0) ==
        boost::json::parse(R"({"name":"mode","old":"active","new":"paused"})"));
  CHECK(ask("/v1/targets/suspend", R"({"name":"indexer"})").at("changes").at(0) ==
        boost::json::parse(R"({"name":"indexer pid 812","old":"running","new":"stopped"})"));
  const auto own = ask("/v1/targets/suspend", R"({"pid":4000,"start":0})");
  CHECK(own.at("text") == "would be refused: pid 4000 matches no row of the targets table");
  CHECK(own.at("changes").as_array().empty());
  CHECK(ask("/v1/targets/resume", R"({"all":true})").at("text") == "would undo 1 holds");
  CHECK(ask("/v1/unpause", "").at("text") == "would change nothing: not paused");
  CHECK(fixture.backend.posted().empty());
  CHECK(status_of(fixture.ask("POST", "/v1/pause?dry_run=yes")) == 400);
}

TEST_CASE("a dry run of a suspend says when the policy would refuse it, and leaves out who is stopped already") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  const auto ask = [&] {
    const auto answer = fixture.ask("POST", "/v1/targets/suspend?dry_run=true", R"({"name":"indexer"})");
    return boost::json::parse(body_of(answer));
  };
  REQUIRE(ask().at("changes").as_array().size() == 1);
  fixture.backend.change([](Snapshot& snapshot) { snapshot.targets.at(0).processes.at(0).state = RunState::stopped; });
  CHECK(ask().at("changes").as_array().empty());
  fixture.backend.change([](Snapshot& snapshot) {
    snapshot.targets.at(0).processes.at(0).state = RunState::running;
    snapshot.status.mode = Mode::observing;
  });
  CHECK(ask().at("text") == "would be refused: the config has observe_only");
  CHECK(ask().at("changes").as_array().empty());
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.safe_mode = {true, {}, "3 crashes", {}}; });
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.mode = Mode::safe; });
  CHECK(ask().at("text") == "would be refused: safe mode: 3 crashes");
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.pause.active = true; });
  CHECK(ask().at("text") == "would be refused: m1opt is paused; run m1optctl unpause first");
}

TEST_CASE("a suspend names a row of the targets, and nothing else by name") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  const std::string unknown = fixture.ask("POST", "/v1/targets/suspend", R"({"name":"indexr"})");
  CHECK(status_of(unknown) == 404);
  CHECK(has(unknown, "did you mean \\\"indexer\\\"?"));
  const std::string background =
      fixture.ask("POST", "/v1/targets/suspend", R"({"name":"updatedb"})");
  CHECK(status_of(background) == 403);
  CHECK(has(background, "\"code\":\"refused\""));
  CHECK(fixture.backend.posted().empty());
  CHECK(status_of(fixture.ask("POST", "/v1/targets/suspend", R"({"name":"indexer","for_s":30})")) ==
        200);
  const auto command = only_posted<SuspendCommand>(fixture.backend);
  CHECK(command.target == "indexer");
  CHECK(command.duration == 30s);
}

TEST_CASE("a suspend by process takes a target's or the caller's own, even from root") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.kill(666);
  fixture.start();
  const auto suspend = [&](const std::string& process) {
    return status_of(fixture.ask("POST", "/v1/targets/suspend", process));
  };
  CHECK(suspend(R"({"pid":812,"start":77})") == 200);  // a target, whoever owns it
  CHECK(only_posted<SuspendCommand>(fixture.backend).target == "indexer");
  CHECK(suspend(R"({"pid":812,"start":78})") == 403);  // the same number, another process
  CHECK(suspend(R"({"pid":5,"start":1000})") == 403);  // somebody else's
  CHECK(suspend(R"({"pid":666,"start":1})") == 404);
  fixture.become(1000, {ServerFixture::kGroup});
  CHECK(suspend(R"({"pid":5,"start":1000})") == 200);
  CHECK(fixture.backend.posted().size() == 2);
}

TEST_CASE("with --sysroot every change is a 409, and with --dry-run the answer says so") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.mode = Mode::sysroot; });
  fixture.start();
  for (const char* path : {"/v1/pause", "/v1/unpause", "/v1/targets/suspend", "/v1/targets/resume",
                           "/v1/leases", "/v1/selftest"}) {
    INFO(path);
    const std::string answer = fixture.ask("POST", path, R"({"name":"indexer"})");
    CHECK(status_of(answer) == 409);
    CHECK(has(answer, "\"code\":\"sysroot\""));
  }
  CHECK(fixture.backend.posted().empty());
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.mode = Mode::dry_run; });
  const auto answer = boost::json::parse(body_of(fixture.ask("POST", "/v1/pause")));
  CHECK(answer.at("dry_run") == true);
  CHECK(fixture.backend.posted().size() == 1);
  const auto reload = boost::json::parse(body_of(fixture.ask("POST", "/v1/config/reload")));
  CHECK(reload.at("dry_run") == false);
  CHECK(reload.at("text") == "done");
}

TEST_CASE("a control loop that does not answer is a 504, a full inbox a 503") {
  ServerFixture fixture;
  fixture.options.command_deadline = 50ms;
  fixture.backend.hang();
  fixture.start();
  const std::string late = fixture.ask("POST", "/v1/pause");
  CHECK(status_of(late) == 504);
  CHECK(has(late, "\"code\":\"timed_out\""));
  fixture.backend.fill_inbox(true);
  CHECK(status_of(fixture.ask("POST", "/v1/pause")) == 503);
  CHECK(status_of(fixture.ask("GET", "/v1/status")) == 200);
}

TEST_CASE("the self-test's steps are answered, a second one at a time is refused") {
  ServerFixture fixture;
  fixture.start();
  const auto document = boost::json::parse(body_of(fixture.ask("POST", "/v1/selftest")));
  CHECK(document.at("passed") == true);
  CHECK(document.at("steps").as_array().size() == 2);
  fixture.backend.fill_inbox(true);
  CHECK(status_of(fixture.ask("POST", "/v1/selftest")) == 409);
}

TEST_CASE("a reply that comes after the server has gone does nothing") {
  ServerFixture fixture;
  fixture.options.command_deadline = 20ms;
  fixture.backend.hang();
  fixture.start();
  CHECK(status_of(fixture.ask("POST", "/v1/pause")) == 504);
  fixture.backend.answer_late();  // its waiter has gone, the server has not
  CHECK(status_of(fixture.ask("GET", "/v1/status")) == 200);
  fixture.backend.hang();
  CHECK(status_of(fixture.ask("POST", "/v1/pause")) == 504);
  fixture.server->stop();
  fixture.server->stop();
  fixture.backend.answer_late();
  fixture.backend.add_event("1.1");
  CHECK_FALSE(std::filesystem::exists(fixture.options.socket_path));
}

TEST_CASE("a profile is put by its name, an older name by ours") {
  ServerFixture fixture;
  fixture.start();
  CHECK(status_of(fixture.ask("PUT", "/v1/profile", R"({"name": "8gb_survival+fanless"})")) == 200);
  CHECK(only_posted<ProfileCommand>(fixture.backend).choice == "8gb+fanless");
}

TEST_CASE("a profile that is not there is a 422 with the nearest, and nothing is posted") {
  ServerFixture fixture;
  fixture.start();
  const std::string answer = fixture.ask("PUT", "/v1/profile", R"({"name": "headles_server"})");
  CHECK(status_of(answer) == 422);
  CHECK(has(answer, R"(did you mean \"headless_server\"?)"));
  CHECK(status_of(fixture.ask("PUT", "/v1/profile", "{}")) == 400);
  CHECK(status_of(fixture.ask("PUT", "/v1/profile", R"({"name": 8})")) == 400);
  CHECK(has(fixture.ask("POST", "/v1/profile", R"({"name": "8gb"})"), "It takes PUT"));
  CHECK(fixture.backend.posted().empty());
}

TEST_CASE("a dry run of a profile names each key that would change, with both values") {
  ServerFixture fixture;
  fixture.backend.change([](Snapshot& snapshot) {
    auto origin = std::make_shared<ConfigOrigin>();
    const std::string text = R"({"limits": {"max_match": 5}})";
    origin->files = {{"m1opt.json", text}};
    origin->wish = "auto";
    origin->automatic = {"8gb", "8.0 GiB of RAM"};
    snapshot.config = std::make_shared<Config>(*wire::preview_config(origin->files, {}));
    snapshot.origin = origin;
  });
  fixture.start();
  const auto ask = [&](const char* name) {
    return boost::json::parse(body_of(fixture.ask("PUT", "/v1/profile?dry_run=true",
                                                  std::string(R"({"name": ")") + name + "\"}")));
  };
  const auto changes = boost::json::parse(R"([{"name":"limits.max_suspended","old":"3","new":"2"}])");
  for (const char* name : {"8gb", "auto", "config", "conservative_8gb"}) {
    INFO(name);
    CHECK(ask(name).at("changes") == changes);
    CHECK(ask(name).at("text") == "would use the profile 8gb: 1 keys change");
  }
  CHECK(ask("none").at("changes").as_array().empty());
  CHECK(fixture.backend.posted().empty());
}

TEST_CASE("the profiles tell which is in force, which auto would be, and older names") {
  ServerFixture fixture;
  fixture.backend.change([](Snapshot& snapshot) {
    auto origin = std::make_shared<ConfigOrigin>();
    origin->automatic = {"8gb+fanless", "8.0 GiB of RAM, it has no fan"};
    snapshot.origin = origin;
    snapshot.status.config.profile = "16gb";
    snapshot.status.config.profile_choice = "16gb";
    snapshot.status.config.profile_reason = "uid 0 chose it";
  });
  fixture.start();
  const auto document = boost::json::parse(body_of(fixture.ask("GET", "/v1/profiles")));
  CHECK(document.at("schema") == "m1opt.profiles/1");
  CHECK(document.at("profile") == "16gb");
  CHECK(document.at("automatic") == "8gb+fanless");
  for (const auto& profile : document.at("profiles").as_array()) {
    const auto& name = profile.at("name").as_string();
    CHECK(profile.at("active").as_bool() == (name == "16gb"));
    CHECK(profile.at("automatic").as_bool() == (name == "8gb" || name == "fanless"));
  }
}
