#include "platform/posix/tool.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "base/fd.h"

namespace m1opt::platform::posix {

namespace {

constexpr std::size_t kMostOutput = 1024;
constexpr int kLookPeriodMs = 10;

struct SpawnSettings {
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&files);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
  }
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_t files{};
};

Result<int> spawn(const Tool& tool, int output, short spawn_flags) {
  SpawnSettings settings;
  sigset_t none;
  sigemptyset(&none);
  sigset_t ours;  // what this process ignores, the tool would ignore too
  sigemptyset(&ours);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&ours, number);
  ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  ::posix_spawnattr_setsigdefault(&settings.attributes, &ours);
  ::posix_spawnattr_setflags(&settings.attributes,
                             static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                spawn_flags));
  ::posix_spawn_file_actions_addopen(&settings.files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&settings.files, output, 1);
  ::posix_spawn_file_actions_adddup2(&settings.files, output, 2);
  std::vector<char*> words{const_cast<char*>(tool.path.c_str())};
  for (const std::string& word : tool.arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  pid_t child = 0;
  const int code = ::posix_spawn(&child, tool.path.c_str(), &settings.files, &settings.attributes,
                                 words.data(), environment.data());
  if (code != 0) return error_from_errno("start " + tool.path, code);
  return static_cast<int>(child);
}

/// Reads what is there; false at the end.
bool take_output(int fd, std::string& output) {
  std::array<char, 512> bytes{};
  for (;;) {
    const auto count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const std::size_t room = kMostOutput - output.size();
    output.append(bytes.data(), std::min(room, static_cast<std::size_t>(count)));
  }
}

/// Ends by the tool's own end, not by that of its output: a process started at
/// the same time may have got the writing end too and keep it open.
ToolExit wait_for(int child, int fd, Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  ToolExit exit;
  bool open = true;
  for (;;) {
    int state = 0;
    const bool ended = ::waitpid(child, &state, WNOHANG) == child;
    if (open) open = take_output(fd, exit.output);
    if (ended) {
      if (WIFEXITED(state)) exit.status = WEXITSTATUS(state);
      if (WIFSIGNALED(state)) exit.signal = WTERMSIG(state);
      return exit;
    }
    if (!exit.timed_out && std::chrono::steady_clock::now() >= deadline) {
      exit.timed_out = true;
      ::kill(child, SIGKILL);  // a child that is not yet waited for keeps its number
    }
    pollfd readable{fd, POLLIN, 0};
    ::poll(&readable, open ? 1 : 0, kLookPeriodMs);
  }
}

}  // namespace

Result<ToolExit> run_tool(const Tool& tool, short spawn_flags) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return error_from_errno("pipe", errno);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  for (const int fd : ends) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  const auto child = spawn(tool, writing.get(), spawn_flags);
  writing = Fd{};
  if (!child) return child.error();
  return wait_for(*child, reading.get(), tool.patience);
}

namespace {

constexpr std::size_t kMostSaid = 200;

/// One line without anything that a terminal or a log would take for more.
std::string one_line(const std::string& output) {
  std::string line;
  for (const char c : output.substr(0, kMostSaid)) line += c >= ' ' && c <= '~' ? c : ' ';
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::string describe(const ToolExit& exit, const std::string& command, Duration patience) {
  std::string text = command;
  if (exit.timed_out) {
    text += fmt::format(" was killed after {:.0f} s", seconds_of(patience));
  } else if (exit.status) {
    text += fmt::format(" exited with {}", *exit.status);
  } else {
    text += fmt::format(" was ended by signal {}", exit.signal.value_or(0));
  }
  if (const std::string said = one_line(exit.output); !said.empty()) text += ": " + said;
  return text;
}

}  // namespace m1opt::platform::posix
