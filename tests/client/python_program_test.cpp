#include "client/python/program.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/python_rig.h"
#include "support/catch.h"
#include "support/needs_root.h"

using namespace m1opt;
using namespace m1opt::client::python;
using test::has;

namespace {

constexpr std::chrono::seconds kPatience{20};

}  // namespace

TEST_CASE("a program's status and both its outputs are told, and it has the user's environment") {
  const auto ran = run_program({{"/bin/sh", "-c", "echo $NO_COLOR ${PATH:+path}; echo err >&2; exit 3"}, kPatience}).value();
  CHECK(ran.status == 3);
  CHECK(ran.output == "1 path\nerr\n");
  CHECK(run_program({{"/bin/sh", "-c", "kill -9 $$"}, kPatience})->status == 137);
}

TEST_CASE("a program that does not end in its time is ended") {
  CHECK(run_program({{"/bin/sh", "-c", "while :; do :; done"}, std::chrono::milliseconds(50)})->timed_out);
}

TEST_CASE("what a program has said is told while it runs") {
  const test::TempDir directory;
  const std::string heard = directory / "heard";
  const auto ran = run_program({{"/bin/sh", "-c", "echo begun; while [ ! -e \"$0\" ]; do :; done", heard}, kPatience,
                                [&heard](const std::string& output) {
                                  if (output == "begun\n") std::ofstream(heard).put('x');
                                }}).value();
  CHECK(ran.status == 0);
  CHECK_FALSE(ran.timed_out);
}

TEST_CASE("a program that is not there is a failure that names it") {
  const auto missing = run_program({{"/nonexistent/uv", "x"}, kPatience});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().exit_status == 127);
  CHECK(has(missing.error().text, "/nonexistent/uv"));
}

TEST_CASE("root starts no program that somebody else can change") {
  test::PythonRig rig;
  const std::string path = rig.program("bin/uv", {});
  CHECK(run_program({{path, "--version"}, kPatience}));
  M1OPT_NEEDS_ROOT("can give a file away");
  REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  const auto refused = run_program({{path, "--version"}, kPatience});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status == 4);
  CHECK(has(refused.error().text, "belongs to uid 12345, and this is root"));
}

TEST_CASE("root starts nothing out of a directory that is another's, though the program is root's") {
  M1OPT_NEEDS_ROOT("can give a file away");
  const test::PythonRig rig;
  const std::string path = rig.directory / "bin/python3";
  std::filesystem::create_symlink("/bin/true", path);
  CHECK(run_program({{path}, kPatience}));
  REQUIRE(::lchown((rig.directory / "bin").c_str(), 12345, 12345) == 0);
  const auto refused = run_program({{path}, kPatience});
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().text, rig.directory / "bin belongs to uid 12345, and this is root: not started"));
}

TEST_CASE("the last line of an output is the last that says something, without what a terminal acts on") {
  CHECK(last_line("").empty());
  CHECK(last_line("\n \n").empty());
  CHECK(last_line("one\n  two \x1b[31m\n\n") == "two ?[31m");
  CHECK(last_line("one") == "one");
}
