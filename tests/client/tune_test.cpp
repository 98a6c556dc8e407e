#include <stdlib.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/documents.h"
#include "client/tuned_mac.h"
#include "support/catch.h"

using namespace m1opt;
using test::content_of;
using test::has;
using test::Ran;
using test::TunedMac;

namespace {

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

TEST_CASE("what another version has changed for the user is undone, by its name and by --all") {
  for (const char* which : {"old-row", "--all"}) {
    const TunedMac mac;
    mac.run({"apply", "dock-launch-animation"});
    const std::string journal = mac.tools() + "/../home/.local/share/m1opt/settings.json";
    std::string text = content_of(journal);
    text.replace(text.find("dock-launch-animation"), 21, "old-row");
    std::ofstream(journal) << text;
    CHECK(has(mac.run({"list"}).out, "* old-row"));
    CHECK(has(mac.run({"verify"}).out, "old-row               still false"));
    const Ran undone = mac.run({"undo", which});
    CHECK(undone.status == 0);
    CHECK(has(undone.out, "old-row               put back: not set"));
    CHECK(mac.file("com.apple.dock").empty());
    CHECK(has(mac.run({"history", "old-row"}).out, "not set -> false; put back"));
  }
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
