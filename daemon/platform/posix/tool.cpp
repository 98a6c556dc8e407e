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
#include <utility>

#include "base/fd.h"

namespace m1opt::platform::posix {

namespace {

constexpr int kLookPeriodMs = 10;
/// For what is asked to end, before it is killed.
constexpr std::chrono::seconds kGrace{5};
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
constexpr short kSpawnFlags = POSIX_SPAWN_CLOEXEC_DEFAULT;
#else
constexpr short kSpawnFlags = 0;
#endif

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

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<int> spawn(const Tool& tool, int output, int errors) {
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
                                                (tool.own_group ? POSIX_SPAWN_SETPGROUP : 0) |
                                                kSpawnFlags));
  ::posix_spawn_file_actions_addopen(&settings.files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&settings.files, output, 1);
  ::posix_spawn_file_actions_adddup2(&settings.files, errors, 2);
  std::vector<char*> words = pointers_to(tool.arguments);
  words.insert(words.begin(), const_cast<char*>(tool.path.c_str()));
  const std::vector<char*> environment = pointers_to(tool.environment);
  pid_t child = 0;
  const int code = ::posix_spawn(&child, tool.path.c_str(), &settings.files, &settings.attributes,
                                 words.data(), environment.data());
  if (code != 0) return error_from_errno("start " + tool.path, code);
  return static_cast<int>(child);
}

/// One of a tool's outputs, as far as it is kept.
struct Stream {
  Fd fd;
  bool open{true};
  std::string text{};

  /// Takes what is there.
  void read(std::size_t most) {
    std::array<char, 4096> bytes{};
    while (open) {
      const auto count = ::read(fd.get(), bytes.data(), bytes.size());
      if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
      open = count > 0;
      if (!open) return;
      text.append(bytes.data(), std::min(most - text.size(), static_cast<std::size_t>(count)));
    }
  }
};

/// A child that is not yet waited for keeps its number, and its group's.
void send(const Tool& tool, int child, int signal) { ::kill(tool.own_group ? -child : child, signal); }

bool has_ended(int child) {
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == child;
}

/// Of a child that has ended; of one that had to be ended the rest of its group is killed first.
void take_status(const Tool& tool, int child, ToolExit& exit) {
  if (tool.own_group && (exit.timed_out || exit.interrupted)) send(tool, child, SIGKILL);
  int state = 0;
  while (::waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(state)) exit.status = WEXITSTATUS(state);
  if (WIFSIGNALED(state)) exit.signal = WTERMSIG(state);
}

/// Ends by the tool's own end, not by that of its output: a process started at
/// the same time may have got the writing end too and keep it open.
ToolExit wait_for(int child, const Tool& tool, Stream& output, Stream& errors) {
  auto kill_at = std::chrono::steady_clock::now() + tool.patience;
  ToolExit exit;
  for (;;) {
    const bool ended = has_ended(child);
    for (Stream* stream : {&output, &errors}) stream->read(tool.most_output);
    if (ended) {
      take_status(tool, child, exit);
      exit.output = std::move(output.text);
      exit.errors = std::move(errors.text);
      return exit;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!exit.interrupted && !exit.timed_out && tool.go_on && !tool.go_on(output.text)) {
      exit.interrupted = true;
      kill_at = std::min(kill_at, now + kGrace);
      send(tool, child, SIGTERM);
    }
    if (now >= kill_at) {
      exit.timed_out = !exit.interrupted;
      send(tool, child, SIGKILL);
    }
    std::array<pollfd, 2> readable{{{output.open ? output.fd.get() : -1, POLLIN, 0},
                                    {errors.open ? errors.fd.get() : -1, POLLIN, 0}}};
    ::poll(readable.data(), readable.size(), kLookPeriodMs);
  }
}

/// A pipe whose reading end never waits.
Result<std::pair<Fd, Fd>> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return error_from_errno("pipe", errno);
  for (const int fd : ends) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return std::pair{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

Result<ToolExit> run_tool(const Tool& tool) {
  auto output = open_pipe();
  if (!output) return output.error();
  auto errors = open_pipe();
  if (!errors) return errors.error();
  const auto child =
      spawn(tool, output->second.get(), (tool.errors_apart ? errors : output)->second.get());
  output->second.reset();
  errors->second.reset();
  if (!child) return child.error();
  Stream out{std::move(output->first)};
  Stream err{std::move(errors->first)};
  return wait_for(*child, tool, out, err);
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
