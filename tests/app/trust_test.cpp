#include "app/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "platform/platform.h"
#include "support/catch.h"
#include "support/needs_root.h"
#include "support/temp_dir.h"

using m1opt::app::check_own_directory;
using m1opt::app::check_trusted;
using m1opt::test::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kStranger = 65534;

std::string make_file(const std::string& path) {
  std::ofstream(path) << "{}";
  return path;
}

void give_away(const std::string& path) { REQUIRE(::lchown(path.c_str(), kStranger, kStranger) == 0); }

std::string fault_of(const std::string& path) {
  const auto result = check_trusted(path);
  return result ? "" : result.error().what;
}

}  // namespace

TEST_CASE("a file of ours that only we can write is trusted, and so is one that is not there yet") {
  const TempDir dir;
  CHECK(fault_of(make_file(dir / "m1opt.json")).empty());
  CHECK(fault_of(dir / "not/there/yet.json").empty());
}

TEST_CASE("what others can write is refused with the command that mends it") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  const auto file = make_file(dir / "m1opt.json");
  ::chmod(file.c_str(), 0666);
  CHECK(fault_of(file) == file + " can be written by others: chmod go-w " + file);
  ::chmod(file.c_str(), 0664);
  CHECK(fault_of(file) == file + " can be written by its group: chmod go-w " + file);
  give_away(file);
  CHECK(fault_of(file) == file + " belongs to uid 65534: chown -h root " + file);
}

TEST_CASE("the command that mends it quotes a name that a shell would take apart") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  const auto file = make_file(dir / "my $(id)'s file");
  ::chmod(file.c_str(), 0666);
  CHECK(fault_of(file).ends_with("chmod go-w '" + (dir / "my $(id)'\\''s file'")));
}

TEST_CASE("a file in a stranger's directory is refused, however far above it is") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_directories(dir / "theirs/a/b");
  const auto file = make_file(dir / "theirs/a/b/m1opt.json");
  CHECK(fault_of(file).empty());
  give_away(dir / "theirs");
  CHECK(fault_of(file).starts_with(dir / "theirs belongs to uid 65534"));
}

TEST_CASE("a symlink is trusted when it and what it leads to are ours") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  const auto file = make_file(dir / "real.json");
  fs::create_symlink(file, dir / "link.json");
  fs::create_symlink("link.json", dir / "link-to-link.json");
  CHECK(fault_of(dir / "link-to-link.json").empty());
  ::chmod(file.c_str(), 0666);
  CHECK(fault_of(dir / "link-to-link.json").starts_with(file));
  ::chmod(file.c_str(), 0644);
  give_away(dir / "link.json");
  CHECK(fault_of(dir / "link.json").starts_with(dir / "link.json belongs to"));
  // A link behind a link of ours is as good as what it points with.
  CHECK(fault_of(dir / "link-to-link.json").starts_with(dir / "link.json belongs to"));
}

TEST_CASE("a stranger's symlink for a directory on the way is refused, though all behind it is ours") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_directories(dir / "real/etc");
  make_file(dir / "real/etc/m1opt.json");
  fs::create_directory(dir / "open");
  ::chmod((dir / "open").c_str(), 01777);
  fs::create_directory_symlink(dir / "real", dir / "open/link");
  CHECK(fault_of(dir / "open/link/etc/m1opt.json").empty());
  give_away(dir / "open/link");
  CHECK(fault_of(dir / "open/link/etc/m1opt.json").starts_with(dir / "open/link belongs to"));
}

TEST_CASE("a symlink in a directory that others can write to is refused, whoever made it") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  const auto file = make_file(dir / "real.json");
  fs::create_directory(dir / "open");
  fs::create_symlink(file, dir / "open/link.json");
  ::chmod((dir / "open").c_str(), 0777);
  CHECK(fault_of(dir / "open/link.json").starts_with(dir / "open can be written by others"));
}

TEST_CASE("two dots and links that go up lead where the kernel would go") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_directories(dir / "a/b");
  fs::create_directory_symlink(dir / "a/b", dir / "down");
  make_file(dir / "a/m1opt.json");
  CHECK(fault_of(dir / "down/../m1opt.json").empty());  // a/m1opt.json, not the one beside `down`
  give_away(dir / "a/m1opt.json");
  CHECK(fault_of(dir / "down/../m1opt.json").starts_with(dir / "a/m1opt.json belongs to"));
}

TEST_CASE("symlinks that lead in a circle are an error and no endless walk") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_symlink("b", dir / "a");
  fs::create_symlink("a", dir / "b");
  CHECK(fault_of(dir / "a").ends_with("too many symlinks"));
}

TEST_CASE("a sticky directory such as /tmp may be passed, an open one may not") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_directory(dir / "open");
  const auto file = make_file(dir / "open/m1opt.json");
  ::chmod((dir / "open").c_str(), 01777);
  CHECK(fault_of(file).empty());
  ::chmod((dir / "open").c_str(), 0777);
  CHECK_FALSE(fault_of(file).empty());
}

TEST_CASE("what is not there yet is no good in a sticky directory: anybody may be first") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  fs::create_directory(dir / "open");
  ::chmod((dir / "open").c_str(), 01777);
  CHECK(fault_of(dir / "open/state") == dir / "open/state is not there, and everybody may make it: mkdir -m 0755 " +
                                            (dir / "open/state"));
}

TEST_CASE("the daemon makes no files in a directory that everybody may add to") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir dir;
  CHECK(check_own_directory(dir.path()));
  ::chmod(dir.path().c_str(), 01777);
  const auto shared = check_own_directory(dir.path());
  REQUIRE_FALSE(shared);
  CHECK(shared.error().what.ends_with("mkdir -m 0755 " + (dir / "m1opt")));
}

TEST_CASE("a directory above may be open to a group of services alone, what lies in it may not") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const auto services = m1opt::platform::find_group("daemon");
  REQUIRE(services);  // macOS has /var/run so, Ubuntu /var/log for syslog
  const TempDir dir;
  fs::create_directory(dir / "run");
  REQUIRE(::chown((dir / "run").c_str(), 0, *services) == 0);
  ::chmod((dir / "run").c_str(), 0775);
  CHECK(fault_of(dir / "run/m1opt").empty());
  CHECK(fault_of(dir / "run").starts_with(dir / "run can be written by its group"));
  REQUIRE(::chown((dir / "run").c_str(), 0, 0) == 0);
  CHECK(fault_of(dir / "run/m1opt").starts_with(dir / "run can be written by its group"));
}
