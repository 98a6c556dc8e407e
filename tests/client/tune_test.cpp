#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "client/documents.h"
#include "client/fake_daemon.h"
#include "client/run_client.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using test::FakeDaemon;
using test::has;
using test::http_answer;
using test::Ran;
using test::SeenRequest;

namespace {

/// "" when it is not there.
std::string content_of(const std::string& path) {
  const auto read = base::read_file(path);
  return read ? *read : std::string();
}

/// A Mac of stand-ins with a user of its own, on which nobody has set anything.
class TunedMac {
 public:
  TunedMac() {
    std::filesystem::copy(M1OPT_SOURCE_DIR "/tests/standins", tools(), std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(directory_ / "home");
  }

  [[nodiscard]] std::string tools() const { return directory_ / "tools"; }
  [[nodiscard]] std::string file(const std::string& domain) const {
    return content_of(tools() + "/state/defaults/" + domain + ".plist");
  }
  void say(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(tools() + "/state");
    std::ofstream(tools() + "/state/" + name) << text;
  }
  Ran run(std::vector<std::string> words, std::vector<std::string> more = {}) const {
    words.insert(words.begin(), "tune");
    words.insert(words.end(), {"--socket", "/nonexistent/m1optd.sock"});
    return with(std::move(words), std::move(more));
  }
  Ran with(const std::vector<std::string>& words, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"HOME=" + (directory_ / "home"), "M1OPT_TOOLS_DIR=" + tools(),
                             "M1OPT_SETTINGS_SYSTEM=macos"});
    return test::run_client(words, more);
  }

 private:
  test::TempDir directory_;
};

constexpr const char* kGolden = M1OPT_SOURCE_DIR "/tests/client/tune_plan.expected";

}  // namespace

TEST_CASE("the plan of a fresh Mac tells each row's change, gain, evidence and cost") {
  const TunedMac mac;
  const Ran ran = mac.run({"plan", "--profile", "aggressive", "--os", "macos"}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  if (::getenv("M1OPT_WRITE_GOLDEN") != nullptr) std::ofstream(kGolden) << ran.out;
  CHECK(ran.out == content_of(kGolden));
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("a profile is applied with old and new value before, and undone to the byte") {
  const TunedMac mac;
  mac.say("other", "");
  const Ran applied = mac.run({"apply"});
  CHECK(applied.status == 0);
  CHECK(has(applied.out, "  window-animations     not set -> false\n"));
  CHECK(has(applied.out, "  window-animations     asked false, observed false\n"));
  CHECK(has(applied.out, "quit Ollama and open it again"));
  CHECK(has(mac.file("com.apple.dock"), "launchanim"));
  CHECK_FALSE(has(mac.file("com.apple.dock"), "autohide"));
  const Ran again = mac.run({"apply"});
  CHECK(again.status == 0);
  CHECK(has(again.out, "false already, left alone"));
  CHECK(has(mac.run({"verify"}).out, "window-animations     still false"));
  const Ran undone = mac.run({"undo", "--all"});
  CHECK(undone.status == 0);
  CHECK(has(undone.out, "window-animations     put back: not set"));
  CHECK(mac.file("com.apple.dock").empty());
  CHECK(mac.file("NSGlobalDomain").empty());
  CHECK(mac.run({"undo", "--all"}).out == "nothing to put back\n");
  CHECK(has(mac.run({"history"}).out, "not set -> false; put back"));
}

TEST_CASE("what costs something is not done without --yes where nobody can be asked") {
  const TunedMac mac;
  const Ran asked = mac.run({"apply", "dock-autohide"});
  CHECK(asked.status == 2);
  CHECK(has(asked.out, "cost: the Dock is out of sight"));
  CHECK(has(asked.err, "--yes"));
  CHECK(mac.file("com.apple.dock").empty());
  CHECK(mac.run({"apply", "dock-autohide", "--yes"}).status == 0);
  CHECK(has(mac.file("com.apple.dock"), "<true/>"));
}

TEST_CASE("--dry-run changes nothing, for apply and for undo") {
  const TunedMac mac;
  const Ran planned = mac.run({"apply", "--all", "--dry-run"});
  CHECK(planned.status == 0);
  CHECK(has(planned.out, "dock-autohide         not set -> true"));
  CHECK_FALSE(std::filesystem::exists(mac.tools() + "/state/defaults"));
  mac.run({"apply", "dock-launch-animation"});
  const std::string set = mac.file("com.apple.dock");
  const Ran undone = mac.run({"undo", "--all", "--dry-run"});
  CHECK(has(undone.out, "dock-launch-animation  false -> not set"));
  CHECK(mac.file("com.apple.dock") == set);
}

TEST_CASE("what somebody changed since is told by verify with exit 5, and left alone by undo") {
  const TunedMac mac;
  mac.run({"apply", "dock-launch-animation"});
  std::string text = mac.file("com.apple.dock");
  text.replace(text.find("<false/>"), 8, "<true/>");
  std::ofstream(mac.tools() + "/state/defaults/com.apple.dock.plist") << text;
  const Ran verified = mac.run({"verify"});
  CHECK(verified.status == 5);
  CHECK(has(verified.out, "changed: true now"));
  const Ran undone = mac.run({"undo", "dock-launch-animation"});
  CHECK(undone.status == 0);
  CHECK(has(undone.out, "left as it is"));
  CHECK(mac.file("com.apple.dock") == text);
  CHECK(has(mac.run({"history"}).out, "somebody changed it since"));
}

TEST_CASE("a row that is refused says what mends it and changes nothing; the others are done") {
  const TunedMac mac;
  const Ran ran = mac.run({"apply", "reduce-transparency", "dock-launch-animation", "--yes"});
  CHECK(ran.status == 4);
  CHECK(has(ran.out, "not taken: asked true, observed not set"));
  CHECK(has(ran.out, "Full Disk Access"));
  CHECK(has(ran.out, "dock-launch-animation  asked false, observed false"));
  mac.say("full_disk_access", "");
  CHECK(mac.run({"apply", "reduce-transparency", "--yes"}).status == 0);
  CHECK(mac.run({"undo", "--all"}).status == 0);
  CHECK(mac.file("com.apple.universalaccess").empty());
}

TEST_CASE("a row that is only told is refused by apply with its reason") {
  const TunedMac mac;
  const Ran ran = mac.run({"apply", "photo-analysis-off"});
  CHECK(ran.status == 1);
  CHECK(has(ran.out, "refused, nothing changed"));
  CHECK(has(ran.out, "Instead: analysis-while-active"));
}

TEST_CASE("without the daemon the user's rows are done, and the machine's are told to be left out") {
  const TunedMac mac;
  const Ran profile = mac.run({"apply", "--profile", "moderate", "--yes"});
  CHECK(profile.status == 0);
  CHECK(has(profile.out, "dock-autohide         asked true, observed true"));
  CHECK(has(profile.err, "settings of the whole machine are left out: m1optd is not running"));
  const Ran named = mac.run({"apply", "power-nap", "--yes"});
  CHECK(named.status == 3);
  CHECK(mac.run({"plan", "power-nap"}).status == 3);
  CHECK(mac.run({"undo", "power-nap"}).status == 3);
}

TEST_CASE("the machine's rows are asked of the daemon") {
  const TunedMac mac;
  std::vector<SeenRequest> seen;
  FakeDaemon daemon([&](const SeenRequest& request) {
    seen.push_back(request);
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

TEST_CASE("under sudo the user's rows are refused, since root's preferences are not the user's") {
  if (::geteuid() != 0) {
    WARN("left out: only root can be somebody else by sudo");
    return;
  }
  const TunedMac mac;
  const Ran ran = mac.run({"apply", "dock-launch-animation"}, {"SUDO_UID=1000"});
  CHECK(ran.status == 4);
  CHECK(has(ran.err, "without sudo"));
  CHECK(mac.file("com.apple.dock").empty());
}

TEST_CASE("a damaged journal is told and nothing is changed") {
  const TunedMac mac;
  mac.run({"apply", "dock-launch-animation"});
  const std::string set = mac.file("com.apple.dock");
  const std::string home = mac.tools() + "/../home/.local/share/m1opt/settings.json";
  std::ofstream(home) << "{";
  const Ran ran = mac.run({"apply", "window-animations"});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "settings.json.damaged-1"));
  CHECK(mac.file("com.apple.dock") == set);
  CHECK(mac.file("NSGlobalDomain").empty());
}

TEST_CASE("tune as json has every row with outcome, old and new value") {
  const TunedMac mac;
  const auto planned = boost::json::parse(mac.run({"plan", "--all", "--json"}).out);
  CHECK(planned.at("schema") == "m1opt.tune/1");
  const auto& row = planned.at("settings").as_array().at(0);
  CHECK(row.at("name") == "window-animations");
  CHECK(row.at("outcome") == "would");
  CHECK(row.at("old").is_null());
  CHECK(row.at("new").at("text") == "false");
  const auto applied = boost::json::parse(mac.run({"apply", "window-animations", "--json"}).out);
  CHECK(applied.at("schema") == "m1opt.tune_result/1");
  CHECK(applied.at("settings").as_array().at(0).at("outcome") == "observed");
  const auto history = boost::json::parse(mac.run({"history", "--json"}).out);
  CHECK(history.at("records").as_array().at(0).at("fate") == "observed");
  CHECK(boost::json::parse(mac.run({"list", "--json"}).out).at("settings").as_array().size() > 30);
}

TEST_CASE("the list shows every row, and marks what is changed") {
  const TunedMac mac;
  mac.run({"apply", "dock-launch-animation"});
  const Ran ran = mac.run({"list"});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "* dock-launch-animation"));
  CHECK(has(ran.out, "photo-analysis-off      no change"));
  CHECK(has(ran.out, "keep-awake              m1optd does"));
  CHECK(has(mac.run({"list", "--os", "linux"}).out, "desktop-animations"));
  CHECK(has(mac.run({"plan", "--os", "linux"}).out, "desktop-animations: ? -> false"));
}

TEST_CASE("wrong words of tune are usage errors, the nearest name is said") {
  const TunedMac mac;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{}, {"frobnicate"}, {"plan", "--profile", "brave"}, {"undo"},
                                             {"apply", "--os", "linux"}, {"list", "--os", "windows"}}) {
    CHECK(mac.run(words).status == 2);
  }
  const Ran ran = mac.run({"apply", "dock-autohid"});
  CHECK(ran.status == 2);
  CHECK(has(ran.err, "Did you mean: dock-autohide"));
}

TEST_CASE("the reference's words do what tune does") {
  const TunedMac mac;
  CHECK(has(mac.with({"--dry-run", "--socket", "/nonexistent/m"}).out, "Profile conservative"));
  const Ran ran = mac.with({"--aggressive", "--socket", "/nonexistent/m"});
  CHECK(ran.status == 2);
  CHECK(has(ran.out, "reduce-motion         not set -> true"));
}
