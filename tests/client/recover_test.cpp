#include <sys/stat.h>

#include <cstdio>

#include "client/run_client.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using test::Ran;
using test::run_client;

TEST_CASE("recover becomes the daemon it is told to use and passes its exit status on") {
  const test::TempDir directory;
  const std::string daemon = directory / "m1optd";
  FILE* file = std::fopen(daemon.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("#!/bin/sh\necho \"$@\"\nexit 4\n", file);
  std::fclose(file);
  REQUIRE(::chmod(daemon.c_str(), 0755) == 0);
  const Ran ran = run_client({"recover", "--daemon", daemon, "--state-dir", "/tmp/x"});
  CHECK(ran.status == 4);
  CHECK(ran.out == "--recover --state-dir /tmp/x\n");
  const Ran dry = run_client({"recover", "--daemon", daemon, "--dry-run"});
  CHECK(dry.status == 0);
  CHECK(dry.out == "would run: " + daemon + " --recover\n");
  CHECK(run_client({"recover", "--daemon", directory / "none"}).status == 1);
}
