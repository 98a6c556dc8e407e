#include "app/config_store.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"
#include "wire/default_config.h"

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
