// m1optctl tune and what the daemon says of the machine's settings.
#include <unistd.h>

#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/tuned_mac.h"
#include "support/catch.h"

using namespace m1opt;
using test::FakeDaemon;
using test::has;
using test::http_answer;
using test::Ran;
using test::SeenRequest;
using test::TunedMac;

namespace {

/// A daemon that lists `row`, and gives `changed` to whoever changes a setting.
FakeDaemon::Answer daemon_of(const std::string& row, const std::string& changed, int status = 200) {
  return [=](const SeenRequest& request) {
    if (request.line == "GET /v1/settings") return http_answer(200, R"({"fault":null,"settings":[)" + row + "]}");
    if (request.line == "GET /v1/settings/history") return http_answer(200, R"({"records":[]})");
    return changed.empty() ? std::string() : http_answer(status, changed);
  };
}

constexpr const char* kPowerNap = R"({"name":"power-nap","value":{"type":"","text":"1"},
  "wanted":{"type":"","text":"0"},"record":null})";
constexpr const char* kSetPowerNap = R"({"name":"power-nap","value":{"type":"","text":"0"},"why_not":"","problem":"",
  "wanted":{"type":"","text":"0"},"record":7,"before":{"type":"","text":"1"},"set":{"type":"","text":"0"}})";
constexpr const char* kOldRow = R"({"name":"old-row","value":{"type":"","text":"10"},"problem":"","wanted":null,
  "why_not":"this version has no such row","record":3,"before":{"type":"","text":"60"},"set":{"type":"","text":"10"}})";
constexpr const char* kUndone = R"({"outcome":"undone","before":{"type":"","text":"10"},
  "after":{"type":"","text":"60"},"text":""})";

}  // namespace

TEST_CASE("the machine's rows are asked of the daemon") {
  const TunedMac mac;
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/settings") {
      return http_answer(200, R"({"schema":"m1opt.settings/1","settings":[{"name":"power-nap","value":
        {"type":"","text":"1"},"wanted":{"type":"","text":"0"},"record":null}]})");
    }
    return http_answer(200, R"({"schema":"m1opt.setting/1","setting":"power-nap","outcome":"observed",
        "before":{"type":"","text":"1"},"after":{"type":"","text":"0"},"text":""})");
  });
  const Ran ran = mac.with({"tune", "apply", "power-nap", "--yes", "--socket", daemon.socket()});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "power-nap             1 -> 0"));
  CHECK(has(ran.out, "power-nap             asked 0, observed 0"));
  const auto seen = daemon.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].line == "POST /v1/settings/power-nap/apply");
}

TEST_CASE("a daemon that refuses says why, and that is the row's") {
  const TunedMac mac;
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/settings") {
      return http_answer(200, R"({"settings":[{"name":"power-nap","value":{"type":"","text":"1"},
        "wanted":{"type":"","text":"0"},"record":7}]})");
    }
    return http_answer(403, R"({"type":"urn:m1opt:problem:forbidden","title":"T","status":403,"code":"forbidden",
        "detail":"only root may","hint":"sudo"})", "application/problem+json");
  });
  const Ran ran = mac.with({"tune", "undo", "power-nap", "--socket", daemon.socket()});
  CHECK(ran.status == 4);
  CHECK(has(ran.out, "not put back"));
  CHECK(has(ran.out, "only root may. sudo"));
}

TEST_CASE("a daemon that cannot tell what it has changed is a failure, and nothing is claimed of it") {
  const TunedMac mac;
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/settings") {
      return http_answer(200, R"({"fault":"/var/db/m1opt/settings.json: of a newer m1opt","settings":[{"name":"power-nap",
        "value":{"type":"","text":"0"},"wanted":{"type":"","text":"0"},"record":null}]})");
    }
    return http_answer(500, R"({"detail":"/var/db/m1opt/settings.json: of a newer m1opt","code":"failed"})");
  });
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"undo", "--all"}, {"verify"}, {"history"}, {"list"}, {"plan"}, {"undo", "power-nap"}, {"undo", "old-row"}}) {
    INFO(words[0]);
    std::vector<std::string> all{"tune"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"--socket", daemon.socket()});
    const Ran ran = mac.with(all);
    CHECK(ran.status == 1);
    CHECK(has(ran.err, "/var/db/m1opt/settings.json"));
    CHECK_FALSE(has(ran.out, "nothing to put back"));
    CHECK_FALSE(has(ran.out, "has changed nothing"));
  }
  CHECK(mac.with({"tune", "undo", "dock-autohide", "--socket", daemon.socket()}).status == 0);
}

TEST_CASE("a history that the daemon does not give is told, and not taken for an empty one") {
  const TunedMac mac;
  FakeDaemon daemon([](const SeenRequest& request) {
    if (request.line == "GET /v1/settings") return http_answer(200, R"({"fault":null,"settings":[]})");
    return http_answer(500, R"({"detail":"settings.json: broken","code":"failed"})");
  });
  const Ran ran = mac.with({"tune", "history", "--socket", daemon.socket()});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "settings.json: broken"));
  CHECK(ran.out.empty());
}

TEST_CASE("a change that the daemon could neither make nor take back is told as failed, with the value that is there") {
  const TunedMac mac;
  FakeDaemon daemon(daemon_of(kPowerNap, R"({"outcome":"failed","code":"unsupported","before":{"type":"","text":"1"},
    "after":{"type":"","text":"3"},"text":"it could not be put back either"})"));
  const Ran ran = mac.with({"tune", "apply", "power-nap", "--yes", "--socket", daemon.socket()});
  CHECK(ran.status == 1);
  CHECK(has(ran.out, "failed, 3 now"));
  CHECK(has(ran.out, "could not be put back"));
  CHECK_FALSE(has(ran.out, "nothing changed"));
}

TEST_CASE("what the daemon was not permitted, and what somebody changed since, is told as of the user's own rows") {
  const TunedMac mac;
  FakeDaemon locked(daemon_of(kPowerNap, R"({"outcome":"not_taken","code":"not_permitted","before":{"type":"",
    "text":"1"},"after":{"type":"","text":"1"},"text":"needs Full Disk Access"})"));
  const Ran applied = mac.with({"tune", "apply", "power-nap", "--yes", "--socket", locked.socket()});
  CHECK(applied.status == 4);
  CHECK(has(applied.out, "not taken: asked 0, observed 1"));
  FakeDaemon changed(daemon_of(kSetPowerNap, R"({"outcome":"changed","code":"","before":{"type":"","text":"3"},
    "after":{"type":"","text":"3"},"text":"somebody changed it since"})"));
  const Ran undone = mac.with({"tune", "undo", "power-nap", "--socket", changed.socket()});
  CHECK(undone.status == 0);
  CHECK(has(undone.out, "left as it is"));
}

TEST_CASE("an answer that does not come leaves open whether the setting was changed, and says how to look") {
  const TunedMac mac;
  FakeDaemon lost(daemon_of(kPowerNap, ""));
  const Ran applied = mac.with({"tune", "apply", "power-nap", "--yes", "--socket", lost.socket()});
  CHECK(applied.status == 1);
  CHECK(has(applied.out, "not known whether it was changed"));
  CHECK(has(applied.out, "tune history power-nap"));
  CHECK_FALSE(has(applied.out, "nothing changed"));
  FakeDaemon slow(daemon_of(kSetPowerNap, R"({"code":"timed_out","detail":"The disk has not answered"})", 504));
  const Ran undone = mac.with({"tune", "undo", "power-nap", "--socket", slow.socket()});
  CHECK(undone.status == 7);
  CHECK(has(undone.out, "not known whether it was put back"));
}

TEST_CASE("a row of the daemon's is verified against what was set, not against what would be set today") {
  const TunedMac mac;
  FakeDaemon raised(daemon_of(R"({"name":"gpu-wired-limit","value":{"type":"","text":"30000"},"why_not":"","problem":"",
    "wanted":{"type":"","text":"30000"},"record":7,"before":{"type":"","text":"0"},"set":{"type":"","text":"24576"}})", ""));
  const Ran changed = mac.with({"tune", "verify", "--socket", raised.socket()});
  CHECK(changed.status == 5);
  CHECK(has(changed.out, "changed: 30000 now"));
  CHECK(has(changed.out, "m1opt set 24576"));
  FakeDaemon unreadable(daemon_of(R"({"name":"power-nap","value":null,"why_not":"","problem":"pmset is not there",
    "wanted":null,"record":7,"before":{"type":"","text":"1"},"set":{"type":"","text":"0"}})", ""));
  const Ran untold = mac.with({"tune", "verify", "--socket", unreadable.socket()});
  CHECK(untold.status == 1);
  CHECK(has(untold.out, "pmset is not there"));
  FakeDaemon still(daemon_of(kSetPowerNap, ""));
  CHECK(has(mac.with({"tune", "verify", "--socket", still.socket()}).out, "power-nap             still 0"));
}

TEST_CASE("what another version of the daemon has changed is verified and undone, by its name and by --all") {
  const TunedMac mac;
  FakeDaemon daemon(daemon_of(kOldRow, kUndone));
  const auto tune = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "tune");
    words.insert(words.end(), {"--socket", daemon.socket()});
    return mac.with(words);
  };
  CHECK(has(tune({"list"}).out, "* old-row"));
  CHECK(has(tune({"verify", "old-row"}).out, "old-row               still 10"));
  CHECK(has(tune({"undo", "old-row"}).out, "old-row               put back: 60"));
  const Ran undone = tune({"undo", "--all"});
  CHECK(undone.status == 0);
  CHECK(has(undone.out, "old-row               put back: 60"));
  const Ran unknown = tune({"undo", "older-row"});
  CHECK(unknown.status == 2);
  CHECK(has(unknown.err, "there is no setting"));
  CHECK(tune({"apply", "old-row"}).status == 2);
}

TEST_CASE("under sudo the machine's rows are undone and verified, and the user's own are a remark") {
  if (::geteuid() != 0) {
    WARN("left out: only root can be somebody else by sudo");
    return;
  }
  const TunedMac mac;
  FakeDaemon daemon(daemon_of(std::string(kSetPowerNap) + "," + kOldRow, kUndone));
  const auto sudo = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "tune");
    words.insert(words.end(), {"--socket", daemon.socket()});
    return mac.with(words, {"SUDO_UID=1000"});
  };
  for (const char* name : {"power-nap", "old-row"}) {
    const Ran named = sudo({"undo", name});
    CHECK(named.status == 0);
    CHECK(named.err.empty());
    CHECK(has(named.out, "put back: 60"));
  }
  const Ran all = sudo({"undo", "--all"});
  CHECK(all.status == 0);
  CHECK(has(all.err, "your own settings are left out: run m1optctl tune undo --all without sudo"));
  const Ran verified = sudo({"verify"});
  CHECK(verified.status == 0);
  CHECK(has(verified.err, "run m1optctl tune verify without sudo"));
  CHECK(sudo({"undo", "dock-autohide"}).status == 4);
  CHECK(sudo({"undo", "no-row"}).status == 2);
}
