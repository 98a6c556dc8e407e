#include "app/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using m1opt::app::check_trusted;
using m1opt::test::TempDir;

namespace {

constexpr uid_t kStranger = 65534;

std::string make_file(const std::string& path) {
  std::ofstream(path) << "{}";
  return path;
}

}  // namespace

TEST_CASE("a file of ours that only we can write is trusted, and so is one that is not there yet") {
  const TempDir dir;
  CHECK(check_trusted(make_file(dir / "m1opt.json")));
  CHECK(check_trusted(dir / "not/there/yet.json"));
}

TEST_CASE("what others can write is refused with the command that mends it") {
  if (::geteuid() != 0) return;  // only root has anything to fear
  const TempDir dir;
  const auto file = make_file(dir / "m1opt.json");
  ::chmod(file.c_str(), 0666);
  const auto result = check_trusted(file);
  REQUIRE_FALSE(result);
  CHECK(result.error().what.find("chmod go-w " + file) != std::string::npos);
}

TEST_CASE("a stranger's file, or one in a stranger's directory, is refused") {
  if (::geteuid() != 0) return;
  const TempDir dir;
  const auto file = make_file(dir / "m1opt.json");
  REQUIRE(::chown(file.c_str(), kStranger, kStranger) == 0);
  CHECK_FALSE(check_trusted(file));
  std::filesystem::create_directory(dir / "theirs");
  const auto inner = make_file(dir / "theirs/m1opt.json");
  REQUIRE(::chown((dir / "theirs").c_str(), kStranger, kStranger) == 0);
  CHECK_FALSE(check_trusted(inner));
}

TEST_CASE("a symlink is trusted when it and what it leads to are ours") {
  if (::geteuid() != 0) return;
  const TempDir dir;
  const auto file = make_file(dir / "real.json");
  std::filesystem::create_symlink(file, dir / "link.json");
  CHECK(check_trusted(dir / "link.json"));
  REQUIRE(::lchown((dir / "link.json").c_str(), kStranger, kStranger) == 0);
  CHECK_FALSE(check_trusted(dir / "link.json"));
}

TEST_CASE("a sticky directory such as /tmp may be shared, an open one may not") {
  if (::geteuid() != 0) return;
  const TempDir dir;
  std::filesystem::create_directory(dir / "open");
  const auto file = make_file(dir / "open/m1opt.json");
  ::chmod((dir / "open").c_str(), 01777);
  CHECK(check_trusted(file));
  ::chmod((dir / "open").c_str(), 0777);
  CHECK_FALSE(check_trusted(file));
}
