#include "platform/linux/sleep_blocker.h"

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.h"
#include "support/child_process.h"
#include "support/temp_dir.h"

using namespace m1opt;
using namespace m1opt::base;
using namespace std::chrono_literals;
using platform::InhibitorPlaces;
using platform::SleepBlock;
using test::eventually;

namespace {

/// A program in the place of systemd-inhibit: it notes how it was called and runs the command.
class Standin {
 public:
  Standin() {
    write("inhibit", "tr '\\0' '|' < /proc/$$/cmdline >> argv; cp /proc/$$/environ environment\n"
                     "echo $$ >> pids\n"
                     "if [ -e refuse ]; then cat refuse >&2; exit 1; fi\n"
                     "while [ -e wait ]; do sleep 0.01; done\n"
                     "while case $1 in --*) ;; *) false ;; esac; do shift; done\n"
                     "\"$@\"\n");
    touch("bus");
    places.inhibit = {directory / "absent", directory / "inhibit"};
    places.bus = {directory / "bus"};
  }
  void write(const std::string& name, const std::string& body) const {
    std::ofstream(directory / name) << "#!/bin/sh\ncd " << directory.path() << " || exit 9\n" << body;
    ::chmod((directory / name).c_str(), 0755);
  }
  void touch(const std::string& name, const std::string& text = "") const {
    std::ofstream(directory / name) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove(directory / name); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory / name).rdbuf();
    return text.str();
  }
  /// Of all runs so far, oldest first.
  [[nodiscard]] std::vector<std::int32_t> pids() const {
    std::istringstream text(read("pids"));
    return {std::istream_iterator<std::int32_t>(text), {}};
  }
  /// Is anything left of the run: its own session's processes?
  static bool is_left(std::int32_t session) {
    for (const std::int32_t pid : platform::make_process_table("")->list().value()) {
      if (::getsid(pid) == session) return true;
    }
    return false;
  }
  [[nodiscard]] std::unique_ptr<platform::SleepBlocker> make() const {
    return platform::make_logind_blocker(places, [](const std::string&) { return Result<void>{}; });
  }

  test::TempDir directory;
  InhibitorPlaces places;
};

/// Looks until it is no longer open.
SleepBlock settle(platform::SleepBlocker& blocker) {
  SleepBlock seen;
  eventually([&] {
    seen = blocker.check();
    return !seen.waiting;
  });
  return seen;
}

}  // namespace

TEST_CASE("the lock counts as had only once the program runs its command") {
  const Standin standin;
  standin.touch("wait");
  auto blocker = standin.make();
  CHECK(blocker->probe().available);
  REQUIRE(blocker->hold(5min, "a model works"));
  REQUIRE(eventually([&] { return standin.pids().size() == 1; }));
  CHECK(blocker->check().waiting);
  CHECK_FALSE(blocker->check().held);
  standin.remove("wait");
  CHECK(settle(*blocker).held);
}

TEST_CASE("the program is run with fixed arguments and without an environment") {
  const Standin standin;
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "a model works"));
  REQUIRE(settle(*blocker).held);
  CHECK(standin.read("argv") ==
        "/bin/sh|" + (standin.directory / "inhibit") +
            "|--what=idle|--mode=block|--who=m1optd|--why=a model works|/usr/bin/timeout|300|/usr/bin/cat|");
  CHECK(standin.read("environment").empty());
}

TEST_CASE("a renewal keeps the old lock until the new one is had, and leaves one") {
  const Standin standin;
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "x"));
  REQUIRE(settle(*blocker).held);
  standin.touch("wait");
  REQUIRE(blocker->hold(5min, "x"));
  REQUIRE(eventually([&] { return standin.pids().size() == 2; }));
  const auto seen = blocker->check();
  CHECK(seen.held);
  CHECK(seen.waiting);
  CHECK(Standin::is_left(standin.pids()[0]));
  standin.remove("wait");
  CHECK(settle(*blocker).held);
  CHECK(eventually([&] {
    (void)blocker->check();  // waits for what has ended
    return !Standin::is_left(standin.pids()[0]);
  }));
  CHECK(Standin::is_left(standin.pids()[1]));
}

TEST_CASE("a program that ends early is a fault with its own words, told once") {
  const Standin standin;
  standin.touch("refuse", "Failed to inhibit: Access denied\x1b[2J\nmore\n");
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "x"));
  const auto seen = settle(*blocker);
  CHECK_FALSE(seen.held);
  REQUIRE(seen.fault);
  CHECK(seen.fault->what == (standin.directory / "inhibit") +
                                " ended with status 1: Failed to inhibit: Access denied?[2J");
  CHECK_FALSE(blocker->check().fault);
}

TEST_CASE("a renewal that is refused leaves the old lock") {
  const Standin standin;
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "x"));
  REQUIRE(settle(*blocker).held);
  standin.touch("refuse", "no");
  REQUIRE(blocker->hold(5min, "x"));
  const auto seen = settle(*blocker);
  CHECK(seen.fault);
  CHECK(seen.held);
  CHECK(Standin::is_left(standin.pids()[0]));
}

TEST_CASE("a lock that ends by itself is told") {
  const Standin standin;
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "x"));
  REQUIRE(settle(*blocker).held);
  ::kill(standin.pids()[0], SIGKILL);
  SleepBlock seen;
  CHECK(eventually([&] {
    seen = blocker->check();
    return seen.fault.has_value();
  }));
  CHECK_FALSE(seen.held);
  CHECK(seen.fault->what.find("was ended by signal 9") != std::string::npos);
}

TEST_CASE("a release ends all of it, also what somebody stopped, and it is waited for") {
  const Standin standin;
  auto blocker = standin.make();
  REQUIRE(blocker->hold(5min, "x"));
  REQUIRE(settle(*blocker).held);
  const std::int32_t pid = standin.pids()[0];
  ::kill(pid, SIGSTOP);
  REQUIRE(blocker->release());
  CHECK(eventually([&] {
    (void)blocker->check();
    return !Standin::is_left(pid);
  }));
  CHECK(::kill(pid, 0) == -1);  // not even a zombie
  CHECK_FALSE(blocker->check().held);
}

TEST_CASE("with the daemon killed or hanging the lock ends by itself") {
  const Standin standin;
  const bool killed = GENERATE(true, false);
  test::ChildProcess daemon([&] {
    static auto blocker = standin.make();
    (void)blocker->hold(killed ? Duration(5min) : Duration(1s), "x");
    (void)settle(*blocker);
  });
  REQUIRE(standin.pids().size() == 1);
  REQUIRE(Standin::is_left(standin.pids()[0]));
  if (killed) {
    daemon.end();
  } else {
    ::kill(daemon.pid(), SIGSTOP);
  }
  CHECK(eventually([&] {
    const std::int32_t pid = standin.pids()[0];
    // The stopped one cannot wait for it, so a zombie stays that holds nothing.
    return !Standin::is_left(pid) || test::state_of(pid) == 'Z';
  }));
}

TEST_CASE("what is missing is unsupported, what is not trusted is not run, what is no program says so") {
  Standin standin;
  auto distrusting = platform::make_logind_blocker(standin.places, [](const std::string& path) {
    return Result<void>{Error{Errc::not_permitted, 0, path + " can be written by others"}};
  });
  CHECK(distrusting->hold(5min, "x").error().code == Errc::not_permitted);
  CHECK_FALSE(distrusting->probe().available);
  standin.touch("inhibit", "no program");
  auto blocker = standin.make();
  ::chmod((standin.directory / "inhibit").c_str(), 0644);
  REQUIRE(blocker->hold(5min, "x"));
  const auto seen = settle(*blocker);
  REQUIRE(seen.fault);
  CHECK(seen.fault->what.find("could not be started") != std::string::npos);
  standin.remove("inhibit");
  CHECK(blocker->hold(5min, "x").error().code == Errc::unsupported);
  CHECK(blocker->probe().text.find("unsupported: there is no ") == 0);
  standin.touch("inhibit");
  standin.remove("bus");
  CHECK(blocker->hold(5min, "x").error().code == Errc::unsupported);
  CHECK(standin.pids().empty());
}
