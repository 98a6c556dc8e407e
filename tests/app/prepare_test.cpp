#include "app/prepare.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "app/config_store.h"
#include "support/catch.h"
#include "support/needs_root.h"
#include "support/temp_dir.h"

using namespace m1opt;
using m1opt::app::Options;
using m1opt::test::TempDir;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kAnother = 65534;

/// All that a daemon finds when it starts for the second time.
class GivenPlaces {
 public:
  GivenPlaces() {
    for (const char* directory : {"etc/conf.d", "state", "log", "run"}) fs::create_directories(tree / directory);
    for (const char* file : {"etc/m1opt.json", "etc/conf.d/10.json"}) std::ofstream(tree / file) << "{}";
    for (const char* file : {"state/undo.db", "state/undo.db-wal", "state/undo.db-shm", "state/undo.lock",
                             "state/m1optd.lock", "log/m1optd.log", "log/m1optd-guardian.log"}) {
      std::ofstream(tree / file) << "";
    }
    options.config = tree / "etc/m1opt.json";
    options.config_given = true;
    options.state_directory = tree / "state";
    options.log_file = tree / "log/m1optd.log";
    options.socket = tree / "run/m1optd.sock";
  }
  ~GivenPlaces() {
    Options standard_error;
    standard_error.log_file = "-";
    (void)app::prepare_log(standard_error);
  }

  /// Why a daemon would refuse to start; empty when it would not.
  [[nodiscard]] std::string fault() const {
    if (auto log = app::prepare_log(options); !log) return log.error().what;
    if (auto places = app::prepare_places(options); !places) return places.error().what;
    app::ConfigStore config(options);
    const auto loaded = config.load({});
    return loaded ? "" : loaded.error().what;
  }

  const TempDir dir;
  const fs::path tree = fs::path(dir.path()) / "tree";
  Options options;
};

void disown(const std::string& path) { REQUIRE(::lchown(path.c_str(), kAnother, kAnother) == 0); }
void open_to(const std::string& path, mode_t bits) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  REQUIRE(::chmod(path.c_str(), (info.st_mode & 07777U) | bits) == 0);
}
std::string parent_of(const std::string& path) { return fs::path(path).parent_path().string(); }
/// Puts it into a place that nobody else can reach, and a symlink where it was.
void replace_by_link(const GivenPlaces& places, const std::string& path) {
  const std::string kept = places.dir / "kept";
  fs::rename(path, kept);
  fs::create_symlink(kept, path);
}

struct Flaw {
  const char* name;
  std::function<void(const GivenPlaces&, const std::string&)> make;
};

const std::vector<Flaw>& flaws() {
  static const std::vector<Flaw> rows{
      {"belongs to another", [](const GivenPlaces&, const std::string& path) { disown(path); }},
      {"can be written by its group", [](const GivenPlaces&, const std::string& path) { open_to(path, 0020); }},
      {"can be written by others", [](const GivenPlaces&, const std::string& path) { open_to(path, 0002); }},
      {"is in a directory of another", [](const GivenPlaces&, const std::string& path) { disown(parent_of(path)); }},
      {"is in a directory that its group can write",
       [](const GivenPlaces&, const std::string& path) { open_to(parent_of(path), 0020); }},
      {"is in a directory that others can write",
       [](const GivenPlaces&, const std::string& path) { open_to(parent_of(path), 0002); }},
      {"is a symlink of another",
       [](const GivenPlaces& places, const std::string& path) {
         replace_by_link(places, path);
         disown(path);
       }},
      {"is a symlink to what belongs to another",
       [](const GivenPlaces& places, const std::string& path) {
         replace_by_link(places, path);
         disown(places.dir / "kept");
       }},
      {"is behind a directory that is a symlink of another", [](const GivenPlaces& places, const std::string& path) {
         replace_by_link(places, parent_of(path));
         disown(parent_of(path));
       }}};
  return rows;
}

const std::vector<std::string> kFiles{"etc/m1opt.json",    "etc/conf.d/10.json", "state/undo.db",
                                      "state/undo.db-wal", "state/undo.db-shm",  "state/undo.lock",
                                      "state/m1optd.lock", "log/m1optd.log",     "log/m1optd-guardian.log"};
const std::vector<std::string> kDirectories{"etc", "etc/conf.d", "state", "log", "run"};

/// The message ends with the command; each run of it must mend one part.
std::string mend(const GivenPlaces& places) {
  std::string fault = places.fault();
  for (int i = 0; i < 5 && !fault.empty(); ++i) {
    const std::string command = fault.substr(fault.rfind(": ") + 2);
    if (std::system(command.c_str()) != 0) return command + " failed";
    fault = places.fault();
  }
  return fault;
}

}  // namespace

TEST_CASE("a daemon starts on places of its own, and on those that it has yet to make") {
  GivenPlaces places;
  CHECK(places.fault().empty());
  for (const char* name : {"state", "log", "run"}) fs::remove_all(places.tree / name);
  CHECK(places.fault().empty());
  struct stat info {};
  REQUIRE(::stat((places.tree / "state").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0700);
  REQUIRE(::stat((places.tree / "run").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0755);
}

TEST_CASE("whatever it would read or write that is not its own alone is refused with the command that mends it") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  std::vector<std::string> names = kFiles;
  names.insert(names.end(), kDirectories.begin(), kDirectories.end());
  for (const std::string& name : names) {
    for (const Flaw& flaw : flaws()) {
      DYNAMIC_SECTION(name << " " << flaw.name) {
        GivenPlaces places;
        REQUIRE(places.fault().empty());
        flaw.make(places, places.tree / name);
        const std::string fault = places.fault();
        CHECK(fault.starts_with(places.dir.path()));
        CHECK(mend(places).empty());
      }
    }
  }
}

TEST_CASE("whatever it would read or write may be a symlink of its own") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  std::vector<std::string> names = kFiles;
  names.insert(names.end(), kDirectories.begin(), kDirectories.end());
  for (const std::string& name : names) {
    DYNAMIC_SECTION(name) {
      GivenPlaces places;
      replace_by_link(places, places.tree / name);
      CHECK(places.fault().empty());
    }
  }
}

TEST_CASE("a directory that is not there yet is not made where somebody else could be first") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir shared;
  ::chmod(shared.path().c_str(), 01777);
  GivenPlaces places;
  SECTION("state") { places.options.state_directory = shared / "state"; }
  SECTION("socket") { places.options.socket = shared / "run/m1optd.sock"; }
  SECTION("log") { places.options.log_file = shared / "log/m1optd.log"; }
  CHECK(places.fault().find("everybody may make it: mkdir -m 0755 " + shared.path()) != std::string::npos);
  CHECK(fs::is_empty(shared.path()));
  CHECK(mend(places).empty());
}

TEST_CASE("no file is made in a directory that everybody may add to") {
  M1OPT_NEEDS_ROOT("has anything to fear from others");
  const TempDir shared;
  ::chmod(shared.path().c_str(), 01777);
  GivenPlaces places;
  SECTION("state") { places.options.state_directory = shared.path(); }
  SECTION("socket") { places.options.socket = shared / "m1optd.sock"; }
  SECTION("log") { places.options.log_file = shared / "m1optd.log"; }
  CHECK(places.fault().find("is open to everybody") != std::string::npos);
  CHECK(fs::is_empty(shared.path()));
}

TEST_CASE("a state directory that others may enter is closed: no stranger gets hold of a lock") {
  GivenPlaces places;
  ::chmod((places.tree / "state").c_str(), 0755);
  CHECK(places.fault().empty());
  struct stat info {};
  REQUIRE(::stat((places.tree / "state").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0700);
}

TEST_CASE("a drop-in directory that cannot be listed is an error: its settings would be forgotten in silence") {
  GivenPlaces places;
  fs::remove_all(places.tree / "etc/conf.d");
  std::ofstream(places.tree / "etc/conf.d") << "no directory";
  CHECK(places.fault().find("conf.d") != std::string::npos);
}

TEST_CASE("the guardian has a log of its own beside the daemon's") {
  CHECK(app::guardian_log_file("/var/log/m1opt/m1optd.log") == "/var/log/m1opt/m1optd-guardian.log");
  CHECK(app::guardian_log_file("/x/log") == "/x/log-guardian");
  CHECK(app::guardian_log_file("-") == "-");
  CHECK(app::guardian_log_file("").empty());
}
