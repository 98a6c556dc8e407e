#include "app/config_watch.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/fake_clock.h"
#include "support/pipe.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

/// A file with the watch over it; what the system tells is told by the test.
class WatchRig {
 public:
  explicit WatchRig(bool system_tells = true) : system_tells_(system_tells) {
    ::signal(SIGPIPE, SIG_IGN);  // the watch closes its end before the test does
    std::filesystem::create_directory(dir / "conf.d");
    options.config = dir / "m1opt.json";
    write("m1opt.json", suspended(1));
    REQUIRE(store.load(clock.wall()));
    watch.check(clock.now(), clock.wall());
  }

  static std::string suspended(int most) {
    return R"({"profile": "none", "limits": {"max_suspended": )" + std::to_string(most) + "}}";
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir / name) << text;
  }
  /// As editors do: a new file takes the place of the old one.
  void replace(const std::string& name, const std::string& text) const {
    write(name + ".tmp", text);
    std::filesystem::rename(dir / (name + ".tmp"), dir / name);
  }
  void tell() {
    for (const Fd& end : ends_) (void)!::write(end.get(), "x", 1);
    poller.wait(0s);
    ends_.clear();
  }
  /// So many seconds in tenths; what came of it, "", "read" or the fault.
  std::string go(double seconds) {
    std::string found;
    for (int i = 0; i < static_cast<int>(seconds * 10); ++i) {
      clock.advance(100ms);
      if (const auto result = watch.check(clock.now(), clock.wall())) {
        found += *result ? "read" : result->error().what;
      }
    }
    return found;
  }
  [[nodiscard]] int most() const { return store.config()->limits.max_suspended; }

  test::TempDir dir;
  test::FakeClock clock;
  app::Options options = [this] {
    app::Options made;
    made.config = dir / "m1opt.json";
    made.config_given = true;
    return made;
  }();
  app::ConfigStore store{options};
  app::Poller poller;
  int opened{0};
  app::ConfigWatch watch{store, poller, [this](const auto&) { return open(); }};

 private:
  Result<platform::EventWatch> open() {
    ++opened;
    if (!system_tells_) return Error{Errc::unsupported, 0, "no watches are left"};
    std::array<int, 2> pipe{};
    REQUIRE(test::open_pipe(pipe));
    ends_.emplace_back(pipe[1]);
    platform::EventWatch made;
    made.fd = Fd(pipe[0]);
    return made;
  }

  bool system_tells_;
  std::vector<Fd> ends_;
};

}  // namespace

TEST_CASE("a file that changed is read once it is at rest for a second") {
  WatchRig rig;
  rig.replace("m1opt.json", WatchRig::suspended(5));
  rig.tell();
  CHECK(rig.go(1.0).empty());
  CHECK(rig.most() == 1);
  CHECK(rig.go(0.3) == "read");
  CHECK(rig.most() == 5);
  CHECK(rig.go(30).empty());
}

TEST_CASE("while nothing is told no file is looked at") {
  WatchRig rig;
  rig.replace("m1opt.json", WatchRig::suspended(5));
  CHECK(rig.go(60).empty());
  CHECK(rig.most() == 1);
  CHECK_FALSE(rig.watch.due());
  CHECK(rig.opened == 1);
}

TEST_CASE("where the system tells of nothing the files are looked at in each tick") {
  WatchRig rig(false);
  rig.replace("m1opt.json", WatchRig::suspended(5));
  CHECK(rig.go(3) == "read");
  CHECK(rig.most() == 5);
}

TEST_CASE("an editor that empties the file and writes it in pieces gives no fault") {
  WatchRig rig;
  rig.write("m1opt.json", "");
  rig.tell();
  CHECK(rig.go(0.8).empty());
  rig.write("m1opt.json", R"({"profile": "none", "lim)");
  CHECK(rig.go(0.8).empty());
  rig.write("m1opt.json", WatchRig::suspended(4));
  CHECK(rig.go(2) == "read");
  CHECK(rig.most() == 4);
  CHECK_FALSE(rig.store.status().fault);
}

TEST_CASE("half a file that stands for two seconds is doubted, and nobody hears of it") {
  WatchRig rig;
  rig.write("m1opt.json", R"({"limits": )");
  rig.tell();
  CHECK(rig.go(2).empty());
  CHECK_FALSE(rig.store.status().fault);
  rig.write("m1opt.json", WatchRig::suspended(4));
  CHECK(rig.go(5) == "read");
  CHECK_FALSE(rig.store.status().fault);
}

TEST_CASE("a bad file changes nothing, is told once, and is forgotten when it is mended") {
  WatchRig rig;
  rig.replace("conf.d/10.json", R"({"limits": {"max_suspended": -1}})");
  rig.tell();
  CHECK(rig.go(30).find("10.json:1:30: $.limits.max_suspended: -1 is out of range") != std::string::npos);
  CHECK(rig.most() == 1);
  CHECK(rig.store.status().fault);
  rig.tell();
  CHECK(rig.go(30).empty());
  std::filesystem::remove(rig.dir / "conf.d/10.json");
  rig.tell();
  CHECK(rig.go(5) == "read");
  CHECK_FALSE(rig.store.status().fault);
}

TEST_CASE("swap files and copies that editors leave beside it are no change") {
  WatchRig rig;
  rig.write("conf.d/.10.json.swp", "x");
  rig.write("conf.d/10.json~", "x");
  rig.write("conf.d/4913", "x");
  rig.tell();
  CHECK(rig.go(10).empty());
  CHECK_FALSE(rig.watch.due());
}

TEST_CASE("a flood of events in the directory is looked into once a second") {
  WatchRig rig;
  const int before = rig.opened;
  for (int i = 0; i < 100; ++i) {
    rig.tell();
    CHECK(rig.go(0.1).empty());
  }
  CHECK(rig.opened - before <= 11);
}

TEST_CASE("what reload has read already is no change") {
  WatchRig rig;
  rig.replace("m1opt.json", WatchRig::suspended(5));
  rig.tell();
  REQUIRE(rig.store.load(rig.clock.wall()));
  CHECK(rig.go(10).empty());
}

TEST_CASE("switched off, nothing is followed, and switched on by a reload it is again") {
  WatchRig rig;
  rig.write("m1opt.json", R"({"profile": "none", "watch_config": false})");
  rig.tell();
  CHECK(rig.go(3) == "read");
  rig.write("m1opt.json", WatchRig::suspended(5));
  rig.tell();
  CHECK(rig.go(10).empty());
  REQUIRE(rig.store.load(rig.clock.wall()));
  CHECK(rig.go(1).empty());
  rig.replace("m1opt.json", WatchRig::suspended(6));
  rig.tell();
  CHECK(rig.go(3) == "read");
  CHECK(rig.most() == 6);
}
