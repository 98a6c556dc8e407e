#include <fcntl.h>
#include <signal.h>
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

/// A child that sleeps until it is killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      for (;;) ::pause();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  void stop() {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] std::int32_t pid() const { return pid_; }

 private:
  std::int32_t pid_;
};

void put(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("the own process appears with its path, owner and arguments") {
  const auto table = make_process_table("");
  const auto pids = table->list();
  REQUIRE(pids);
  CHECK(std::is_sorted(pids->begin(), pids->end()));
  CHECK(std::find(pids->begin(), pids->end(), ::getpid()) != pids->end());
  const auto info = table->stat(::getpid());
  REQUIRE(info);
  CHECK(info->id.pid == ::getpid());
  CHECK(info->id.start > 0);
  CHECK(info->parent == ::getppid());
  CHECK(info->state == RunState::running);
  CHECK(info->footprint > Bytes{0});
  CHECK(*table->executable(::getpid()) == std::filesystem::read_symlink("/proc/self/exe"));
  CHECK(*table->owner(::getpid()) == ::geteuid());
  CHECK_FALSE(table->arguments(::getpid())->empty());
  CHECK(table->waited(info->id));
}

TEST_CASE("an own child that is stopped shows as stopped, and as gone once it ended") {
  const auto table = make_process_table("");
  Child child;
  const auto before = table->stat(child.pid());
  REQUIRE(before);
  CHECK(before->parent == ::getpid());
  child.stop();
  CHECK(table->stat(child.pid())->state == RunState::stopped);
  const auto pid = child.pid();
  child.end();
  CHECK(table->stat(pid).error().code == Errc::gone);
  CHECK(table->executable(pid).error().code == Errc::gone);
  CHECK(table->owner(pid).error().code == Errc::gone);
  CHECK(table->waited(before->id).error().code == Errc::gone);
}

TEST_CASE("a stretch of the list begins and ends where it should and marks are steady") {
  const auto table = make_process_table("");
  Child first;
  Child second;
  std::vector<ListedProcess> part;
  const auto low = std::min(first.pid(), second.pid());
  const auto high = std::max(first.pid(), second.pid());
  REQUIRE(table->list_range(low, high, part));
  REQUIRE(part.size() >= 2);
  CHECK(part.front().pid == low);
  CHECK(part.back().pid == high);
  CHECK(part.front().mark != 0);
  const auto again = part;
  REQUIRE(table->list_range(low, high, part));
  CHECK(part == again);
  REQUIRE(table->list_range(high + 1, high, part));
  CHECK(part.empty());
}

TEST_CASE("a pid that is given again has another mark") {
  std::ofstream last("/proc/sys/kernel/ns_last_pid");
  const auto table = make_process_table("");
  std::vector<ListedProcess> part;
  Child first;
  const auto pid = first.pid();
  REQUIRE(table->list_range(pid, pid, part));
  REQUIRE(part.size() == 1);
  const auto mark = part.front().mark;
  first.end();
  // Only root may choose the next number; without it there is nothing to test.
  last << pid - 1 << std::flush;
  if (!last) return;
  Child second;
  if (second.pid() != pid) return;
  REQUIRE(table->list_range(pid, pid, part));
  REQUIRE(part.size() == 1);
  CHECK(part.front().mark != mark);
}

TEST_CASE("a new child's number is at most the newest one") {
  const auto table = make_process_table("");
  const auto before = table->newest_pid();
  REQUIRE(before);
  Child child;
  const auto after = table->newest_pid();
  REQUIRE(after);
  if (*after >= *before) {
    CHECK(child.pid() > *before);
    CHECK(child.pid() <= *after);
  }
}

TEST_CASE("a watchdog in the environment is seen") {
  const auto table = make_process_table("");
  const auto none = table->has_watchdog(::getpid());
  REQUIRE(none);
  CHECK_FALSE(*none);
  int ready[2];
  REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
  const auto pid = ::fork();
  if (pid == 0) {
    const char* environment[] = {"WATCHDOG_USEC=30000000", nullptr};
    ::execle("/bin/sleep", "sleep", "60", nullptr, environment);
    ::_exit(127);
  }
  // The write end closes at exec, when the new environment is in place.
  ::close(ready[1]);
  char byte = 0;
  CHECK(::read(ready[0], &byte, 1) == 0);
  ::close(ready[0]);
  const auto watched = table->has_watchdog(pid);
  CHECK((watched && *watched));
  const auto variables = table->variables(pid, {"WATCHDOG_USEC", "HOME"});
  CHECK((variables && *variables == std::vector<std::string>{"WATCHDOG_USEC=30000000"}));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("a captured tree is read instead of the machine") {
  const test::TempDir dir;
  const std::string stat =
      "812 (ollama) S 1 812 812 0 -1 0 0 0 0 0 250 50 0 0 20 0 9 0 777 1 100 1 1 1 0 0 0 0 0 0 0 "
      "0 0 0 17 1 0 0 0 0 0\n";
  put(dir / "proc/812/stat", stat);
  put(dir / "proc/812/cmdline", std::string("/usr/bin/ollama\0serve\0", 22));
  put(dir / "proc/812/status", "Name:\tollama\nUid:\t998\t998\t998\t998\n");
  put(dir / "proc/812/task/812/schedstat", "5 1000 1\n");
  put(dir / "proc/812/task/813/schedstat", "5 500 1\n");
  put(dir / "proc/90/stat", "cut off");
  put(dir / "proc/self/smaps", "KernelPageSize:       16 kB\n");
  std::filesystem::create_symlink("/usr/bin/ollama", dir / "proc/812/exe");
  const auto table = make_process_table(dir.path());
  CHECK(table->list().value() == std::vector<std::int32_t>{90, 812});
  CHECK_FALSE(table->newest_pid().has_value());
  const auto info = table->stat(812);
  REQUIRE(info);
  CHECK(info->footprint == Bytes{100 * 16384});
  CHECK(*table->executable(812) == "/usr/bin/ollama");
  CHECK(*table->owner(812) == 998);
  CHECK(table->arguments(812).value() == std::vector<std::string>{"/usr/bin/ollama", "serve"});
  CHECK(*table->waited({812, 777}) == std::chrono::nanoseconds(1500));
  CHECK(table->waited({812, 778}).error().code == Errc::gone);
  CHECK(table->stat(90).error().code == Errc::parse);
  CHECK(table->stat(1).error().code == Errc::gone);
}

TEST_CASE("a tree without processes is an error, not an empty machine") {
  const test::TempDir dir;
  CHECK_FALSE(make_process_table(dir / "missing")->list());
}

}  // namespace m1opt::platform
