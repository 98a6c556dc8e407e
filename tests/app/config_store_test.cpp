#include "app/config_store.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"
#include "decide/metrics.h"
#include "wire/config_text.h"
#include "wire/default_config.h"
#include "wire/profiles.h"

using namespace m1opt;
using namespace m1opt::model;
using m1opt::app::ConfigStore;
using m1opt::app::Options;
using m1opt::test::TempDir;

namespace {

void write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

Options options_of(const std::string& config) {
  Options options;
  options.config = config;
  options.config_given = true;
  return options;
}

}  // namespace

TEST_CASE("the shipped file says the same as the defaults in the code") {
  const TempDir dir;
  write(dir / "m1opt.json", wire::kDefaultConfig);
  ConfigStore store(options_of(dir / "m1opt.json"));
  REQUIRE(store.load({}));
  const Config& shipped = *store.config();
  const Config built_in;
  CHECK(shipped.sampling == built_in.sampling);
  CHECK(shipped.api == built_in.api);
  CHECK(shipped.priority == built_in.priority);
  CHECK(shipped.awake == built_in.awake);
  CHECK(shipped.ollama == built_in.ollama);
  CHECK(shipped.limits == built_in.limits);
  CHECK_FALSE(shipped.rules.empty());
  CHECK_FALSE(shipped.targets.empty());
  CHECK_FALSE(shipped.workloads.empty());
}

TEST_CASE("without a file the built-in default is in force, and status says so") {
  const TempDir dir;
  Options options = options_of(dir / "absent.json");
  options.config_given = false;
  ConfigStore store(options);
  REQUIRE(store.load({}));
  CHECK(store.status().path == "built-in default");
  CHECK_FALSE(store.config()->rules.empty());
}

TEST_CASE("a file that was named and is not there is an error") {
  const TempDir dir;
  ConfigStore store(options_of(dir / "absent.json"));
  CHECK_FALSE(store.load({}));
}

TEST_CASE("a faulty file changes nothing and is named until it is mended") {
  const TempDir dir;
  write(dir / "m1opt.json", R"({"limits": {"max_suspended": 2}})");
  ConfigStore store(options_of(dir / "m1opt.json"));
  REQUIRE(store.load({}));
  const auto before = store.config();
  write(dir / "m1opt.json", R"({"limits": {"max_suspended": 9, "quiet_ms": 1}})");
  CHECK_FALSE(store.load({}));
  CHECK(store.config() == before);
  REQUIRE(store.status().fault);
  CHECK(store.status().fault->find("m1opt.json:1:33: $.limits.quiet_ms") != std::string::npos);
  write(dir / "m1opt.json", R"({"limits": {"max_suspended": 9}})");
  REQUIRE(store.load({}));
  CHECK_FALSE(store.status().fault);
  CHECK(store.config()->limits.max_suspended == 9);
}

TEST_CASE("drop-ins go over the file in the order of their names") {
  const TempDir dir;
  write(dir / "m1opt.json", R"({"limits": {"max_suspended": 1, "max_match": 5}})");
  std::filesystem::create_directory(dir / "conf.d");
  write(dir / "conf.d/20-b.json", R"({"limits": {"max_suspended": 3}})");
  write(dir / "conf.d/10-a.json", R"({"limits": {"max_suspended": 2}})");
  write(dir / "conf.d/notes.txt", "not a drop-in");
  ConfigStore store(options_of(dir / "m1opt.json"));
  REQUIRE(store.load({}));
  CHECK(store.config()->limits.max_suspended == 3);
  CHECK(store.config()->limits.max_match == 5);
}

namespace {

/// A store over `dir`, on a machine with 8 GB.
struct SmallMachine {
  TempDir dir;
  Options options = options_of(dir / "m1opt.json");
  SmallMachine() {
    options.state_directory = dir / "state";
    std::filesystem::create_directory(options.state_directory);
    std::filesystem::create_directory(dir / "conf.d");
    write(options.config, wire::kDefaultConfig);
  }
  ConfigStore store() const {
    return ConfigStore(options, [] { return MachineFacts{Bytes{8LL << 30}, 1, false, 1}; });
  }
};

const RuleConfig& rule(const ConfigStore& store, const std::string& name) {
  for (const RuleConfig& rule : store.config()->rules) {
    if (rule.name == name) return rule;
  }
  throw std::runtime_error("no rule " + name);
}

}  // namespace

TEST_CASE("each profile and each pair of them is valid over the default") {
  const auto metrics = decide::known_metrics();
  const std::vector<wire::ConfigSource> base{{"default", std::string(wire::kDefaultConfig)}};
  for (const wire::Profile& one : wire::profiles()) {
    for (const wire::Profile& two : wire::profiles()) {
      std::string choice(one.name);
      if (one.name != two.name) choice += "+" + std::string(two.name);
      const auto parsed = wire::parse_config(base, wire::profile_overlays(choice), metrics);
      INFO(choice << (parsed ? "" : to_string(parsed.error())));
      CHECK(parsed.has_value());
    }
  }
}

TEST_CASE("the profile is picked by the machine, and status says which and why") {
  const SmallMachine machine;
  ConfigStore store = machine.store();
  REQUIRE(store.load({}));
  CHECK(store.status().profile == "8gb");
  CHECK(store.status().profile_choice == "auto");
  CHECK(store.status().profile_reason == "8.0 GiB of RAM");
  CHECK(store.config()->limits.max_suspended == 2);
  CHECK(store.origin()->automatic.name == "8gb");
  REQUIRE(store.without_profile() != nullptr);
  CHECK(store.without_profile()->limits.max_suspended == 3);
}

TEST_CASE("where no profile is wanted there is nothing without it") {
  const SmallMachine machine;
  write(machine.dir / "conf.d/10.json", R"({"profile": "none"})");
  ConfigStore store = machine.store();
  REQUIRE(store.load({}));
  CHECK(store.without_profile() == nullptr);
}

TEST_CASE("what m1opt.json changes goes over the profile, and conf.d over both") {
  const SmallMachine machine;
  std::string text(wire::kDefaultConfig);
  const auto edit = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  edit("\"max_suspended\": 3", "\"max_suspended\": 7");
  write(machine.options.config, text);
  write(machine.dir / "conf.d/10.json", R"({"rules": [{"name": "memory_used", "enabled": true}]})");
  ConfigStore store = machine.store();
  REQUIRE(store.load({}));
  CHECK(store.config()->limits.max_suspended == 7);
  CHECK(rule(store, "memory_critical").any[0].all[0].hold == std::chrono::seconds(2));
  CHECK(rule(store, "memory_used").enabled);
}

TEST_CASE("the configuration names a profile, by an older name too, or none") {
  const SmallMachine machine;
  const auto profile_with = [&](const char* value) {
    write(machine.dir / "conf.d/10.json", std::string("{\"profile\": \"") + value + "\"}");
    ConfigStore store = machine.store();
    const auto loaded = store.load({});
    return loaded ? store.status().profile + ": " + store.status().profile_reason
                  : loaded.error().what;
  };
  CHECK(profile_with("fanless+16gb") == "fanless+16gb: the configuration says so");
  CHECK(profile_with("performance_32gb") == "32gb_plus: the configuration says so");
  CHECK(profile_with("none") == "none: the configuration says so");
  CHECK(profile_with("daily_driver") == "8gb: 8.0 GiB of RAM");
  CHECK(profile_with("8bg").find("conf.d/10.json:1:13: $.profile: there is no profile \"8bg\"; did "
                                 "you mean \"8gb\"?") != std::string::npos);
}

TEST_CASE("a profile that was chosen goes before the configuration's, over restarts, until it is given back") {
  const SmallMachine machine;
  write(machine.dir / "conf.d/10.json", R"({"profile": "fanless"})");
  {
    ConfigStore store = machine.store();
    REQUIRE(store.load({}));
    REQUIRE(store.choose_profile({"16gb_performance", 501}, {}));
    CHECK(store.status().profile == "16gb");
  }
  struct stat info {};
  REQUIRE(::stat((machine.options.state_directory + "/profile.txt").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  ConfigStore store = machine.store();
  REQUIRE(store.load({}));
  CHECK(store.status().profile == "16gb");
  CHECK(store.status().profile_reason == "uid 501 chose it with m1optctl profile use");
  REQUIRE(store.choose_profile({"auto", 0}, {}));
  CHECK(store.status().profile == "8gb");
  REQUIRE(store.choose_profile({"config", 0}, {}));
  CHECK(store.status().profile == "fanless");
  ConfigStore again = machine.store();
  REQUIRE(again.load({}));
  CHECK(again.status().profile == "fanless");
}

TEST_CASE("a choice that cannot be kept, or meets a faulty file, changes nothing") {
  const SmallMachine machine;
  ConfigStore store = machine.store();
  REQUIRE(store.load({}));
  const auto before = store.config();
  write(machine.dir / "conf.d/10.json", "{");
  CHECK_FALSE(store.choose_profile({"none", 0}, {}));
  CHECK(store.config() == before);
  CHECK_FALSE(store.status().fault);
  std::filesystem::remove(machine.dir / "conf.d/10.json");
  std::filesystem::remove(machine.options.state_directory);
  CHECK_FALSE(store.choose_profile({"none", 0}, {}));
  CHECK(store.config() == before);
  REQUIRE(store.load({}));
  CHECK(store.status().profile == "8gb");
}

TEST_CASE("a choice that cannot be read is told, and the configuration's is in force") {
  const SmallMachine machine;
  for (const char* damaged : {"", "m1opt profile 1\n", "m1opt profile 1\n8gb x\n", "m1opt profile 1\nnope 0\n",
                              "m1opt profile 1\n8gb 0", "8gb 0\n"}) {
    INFO(damaged);
    write(machine.options.state_directory + "/profile.txt", damaged);
    ConfigStore store = machine.store();
    REQUIRE(store.load({}));
    CHECK(store.status().profile == "8gb");
    CHECK(store.status().profile_reason.find("a choice by command is lost: ") != std::string::npos);
  }
}

TEST_CASE("hidden files beside the drop-ins are none: an editor leaves such things") {
  const SmallMachine machine;
  write(machine.dir / "conf.d/.50-mine.json", "{ half a f");
  std::filesystem::create_symlink("nobody@nowhere:1", machine.dir / "conf.d/.#50-mine.json");
  ConfigStore store = machine.store();
  CHECK(store.load({}));
}
