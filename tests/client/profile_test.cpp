#include <fstream>
#include <sstream>

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

FakeDaemon::Answer answering(std::string body) {
  return [answer = http_answer(200, body)](const SeenRequest&) { return answer; };
}

constexpr const char* kList = R"({"schema":"m1opt.profiles/1","profile":"16gb","choice":"16gb",
  "reason":"uid 0 chose it with m1optctl profile use","automatic":"8gb+fanless",
  "automatic_reason":"8.0 GiB of RAM, it has no fan","profiles":[
  {"name":"8gb","summary":"For machines with little RAM","active":false,"automatic":true,
   "older_names":["8gb_survival","conservative_8gb"]},
  {"name":"16gb","summary":"For machines with more","active":true,"automatic":false,"older_names":[]}]})";

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the list says what is in use and why, what auto would be, and older names") {
  FakeDaemon daemon(answering(kList));
  const Ran ran = run_client({"profile", "list", "--socket", daemon.socket()}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  CHECK(ran.out ==
        "In use            16gb: uid 0 chose it with m1optctl profile use\n"
        "auto would be     8gb+fanless: 8.0 GiB of RAM, it has no fan\n"
        "  8gb             For machines with little RAM (8gb_survival, conservative_8gb\n"
        "                  elsewhere)\n"
        "* 16gb            For machines with more\n"
        "More: m1optctl profile show NAME, m1optctl profile use NAME --dry-run\n");
}

TEST_CASE("without a daemon the list still tells which profiles there are, and exits 3") {
  const Ran ran = run_client({"profile", "list", "--socket", "/nowhere"});
  CHECK(ran.status == 3);
  CHECK(has(ran.out, "  fanless"));
  CHECK(has(ran.out, "  observe_only"));
  CHECK(has(ran.err, "m1optd is not running"));
}

TEST_CASE("a profile is shown as its file is, to the byte, without a daemon") {
  for (const char* name : {"8gb", "16gb", "32gb_plus", "headless_server", "laptop_battery", "fanless",
                           "observe_only"}) {
    const std::string text = file_text(std::string(M1OPT_SOURCE_DIR "/config/profiles/") + name + ".json");
    REQUIRE_FALSE(text.empty());
    const Ran ran = run_client({"profile", "show", name}, {"LC_ALL=C.UTF-8"});
    CHECK(ran.status == 0);
    CHECK((ran.out == text));
  }
  const Ran older = run_client({"profile", "show", "8gb_survival"});
  CHECK(older.err == "m1optctl: 8gb_survival is 8gb here\n");
  CHECK(has(older.out, "\"max_suspended\": 2"));
  CHECK(has(run_client({"profile", "show", "auto"}).out, "profile list"));
}

TEST_CASE("a name that is not there exits 2 with the nearest, before anybody is asked") {
  for (const char* verb : {"show", "use"}) {
    const Ran ran = run_client({"profile", verb, "fanles", "--socket", "/nowhere"});
    CHECK(ran.status == 2);
    CHECK(ran.err == "m1optctl: there is no profile \"fanles\"; did you mean \"fanless\"? See: m1optctl profile list\n");
  }
}

TEST_CASE("use puts the name, and with --dry-run prints each key with both values") {
  FakeDaemon daemon([](const SeenRequest&) {
    return http_answer(200, R"({"schema":"m1opt.command/1","code":"ok","text":"would use the profile 8gb: 1 keys change",
      "dry_run":true,"changes":[{"name":"limits.max_suspended","old":"3","new":"2"}]})");
  });
  const Ran ran = run_client({"profile", "use", "8gb", "--dry-run", "--socket", daemon.socket()});
  CHECK(ran.status == 0);
  CHECK(ran.out == "limits.max_suspended: 3 -> 2\nwould use the profile 8gb: 1 keys change\n");
  CHECK(run_client({"profile", "use", "config", "--socket", daemon.socket()}).status == 0);
  const auto seen = daemon.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].line == "PUT /v1/profile?dry_run=true");
  CHECK(seen[0].body == R"({"name":"8gb"})");
  CHECK(seen[1].line == "PUT /v1/profile");
  CHECK(seen[1].body == R"({"name":"config"})");
}
