#include "app/setting_wishes.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::app;
using test::TempDir;

TEST_CASE("wishes are kept, and a file of them that is damaged sets nothing") {
  TempDir directory;
  const SettingWishes wishes(directory.path());
  CHECK(wishes.load().value().empty());
  REQUIRE(wishes.save({"cpu-governor", "gpu-wired-limit"}));
  CHECK(wishes.load().value() == std::set<std::string>{"cpu-governor", "gpu-wired-limit"});
  for (const char* text : {"", "m1opt settings 1", "m1opt settings 2\na\n", "m1opt settings 1\na b\n", "m1opt settings 1\n\n"}) {
    INFO(text);
    std::ofstream(directory / "wished_settings.txt") << text;
    CHECK(wishes.load().error().code == Errc::parse);
  }
  REQUIRE(wishes.save({}));
  CHECK_FALSE(std::filesystem::exists(directory / "wished_settings.txt"));
}
