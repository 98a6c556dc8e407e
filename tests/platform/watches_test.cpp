#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "platform/platform.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace m1opt::platform {

namespace {

bool is_readable(int fd, int wait_ms) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, wait_ms) == 1;
}

}  // namespace

TEST_CASE("an exit watch becomes readable when the process ends") {
  const auto pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto info = make_process_table("")->stat(pid);
  REQUIRE(info);
  const auto watch = open_exit_watch(info->id);
  REQUIRE(watch);
  CHECK_FALSE(is_readable(watch->get(), 0));
  ::kill(pid, SIGKILL);
  CHECK(is_readable(watch->get(), 5000));
  ::waitpid(pid, nullptr, 0);
  CHECK(open_exit_watch(info->id).error().code == Errc::gone);
}

TEST_CASE("a file watch becomes readable when a file is written, comes, goes or is replaced, and not before") {
  const test::TempDir dir;
  const auto write = [&](const std::string& name) { std::ofstream(dir / name) << "x"; };
  write("a.json");
  const std::vector<std::string> places{dir.path(), dir / "a.json", dir / "absent.json"};
  const std::vector<std::function<void()>> changes{
      [&] { write("a.json"); },
      [&] { std::ofstream(dir / "a.json", std::ios::app) << "y"; },
      [&] { std::ofstream(dir / "a.json", std::ios::trunc).flush(); },
      [&] { write("b.json"); },
      [&] { std::filesystem::rename(dir / "b.json", dir / "a.json"); },
      [&] { std::filesystem::remove(dir / "a.json"); },
      [&] { std::filesystem::create_directory(dir / "conf.d"); },
  };
  for (const auto& change : changes) {
    const auto watch = open_file_watch(places);
    REQUIRE(watch);
    CHECK_FALSE(is_readable(watch->fd.get(), 0));
    (void)std::ifstream(dir / "a.json").get();
    CHECK_FALSE(is_readable(watch->fd.get(), 0));
    change();
    CHECK(is_readable(watch->fd.get(), 5000));
  }
}

TEST_CASE("an exit watch is refused for a number that another process has") {
  auto id = make_process_table("")->stat(::getpid())->id;
  id.start -= 1;
  const auto watch = open_exit_watch(id);
  REQUIRE_FALSE(watch);
  CHECK(watch.error().code == Errc::gone);
}

TEST_CASE("a pressure watch is either opened and says its window, or unsupported with a reason") {
  const auto watches = open_pressure_watches();
  if (!watches) {
    CHECK(watches.error().code == Errc::unsupported);
    CHECK_FALSE(watches.error().what.empty());
    return;
  }
  REQUIRE_FALSE(watches->empty());
  for (const EventWatch& watch : *watches) {
    CHECK(watch.fd.valid());
    // None where the system does not count over a time (macOS).
    CHECK((watch.window == std::chrono::milliseconds(500) ||
           watch.window == std::chrono::seconds(2) || watch.window == Duration{}));
    CHECK_FALSE(watch.text.empty());
  }
}

TEST_CASE("the own cost is read and says what is counted") {
  const auto cost = read_cost(::getpid());
  REQUIRE(cost);
  CHECK(cost->resident > Bytes{0});
  CHECK_FALSE(cost->resident_source.empty());
}

TEST_CASE("the peer of a socket is identified by the kernel") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  const auto peer = peer_identity(pair[0]);
  REQUIRE(peer);
  CHECK(peer->uid == ::geteuid());
  CHECK(peer->pid == ::getpid());
  CHECK(std::find(peer->groups.begin(), peer->groups.end(), ::getegid()) != peer->groups.end());
  ::close(pair[0]);
  ::close(pair[1]);
  CHECK_FALSE(peer_identity(pair[0]));
}

TEST_CASE("users and groups are found, and unknown ones are gone") {
  CHECK(*find_user("root") == 0);
  CHECK(*find_group(::getgrgid(0)->gr_name) == 0);  // root, on macOS wheel
  CHECK(is_member(0, 0));
  CHECK_FALSE(is_member(0, 4294967294U));
  CHECK_FALSE(is_member(4294967294U, 0));
  CHECK(find_user("no-such-user-here").error().code == Errc::gone);
  CHECK(find_group("no-such-group-here").error().code == Errc::gone);
}

}  // namespace m1opt::platform
