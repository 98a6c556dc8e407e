#include "client/config_check.h"

#include <fstream>
#include <sstream>

#include "client/run_client.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using test::Ran;
using test::run_client;

TEST_CASE("the shipped default is inside the program, to the byte, and valid") {
  std::ifstream file(M1OPT_SOURCE_DIR "/config/m1opt.json");
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  const Ran ran = run_client({"config", "default"}, {"LC_ALL=C.UTF-8"});
  CHECK(ran.status == 0);
  CHECK((ran.out == text.str()));
  CHECK((run_client({"config", "default"}).out == text.str()));
  CHECK(run_client({"config", "check", M1OPT_SOURCE_DIR "/config/m1opt.json"}).status == 0);
}

TEST_CASE("a bad file is shown with file, line, column, path and the nearest key, exit 6") {
  const test::TempDir directory;
  const std::string path = directory / "bad.json";
  std::ofstream(path) << "{\n  \"limits\": { \"cooldwn_s\": 1 }\n}\n";
  const Ran ran = run_client({"config", "check", path});
  CHECK(ran.status == 6);
  const std::string text = ran.out + ran.err;
  CHECK(text.find(path + ":2:15: $.limits.cooldwn_s: unknown key") != std::string::npos);
  CHECK(text.find("cooldown_s") != std::string::npos);
}

TEST_CASE("a file that is not there is a failure of its own") {
  const Ran ran = run_client({"config", "check", "/nonexistent/m1opt.json"});
  CHECK(ran.status == 1);
  CHECK(ran.err.find("/nonexistent/m1opt.json") != std::string::npos);
}
