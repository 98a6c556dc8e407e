#include "client/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace m1opt::client {
namespace {

constexpr std::array kForwarded{SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

std::atomic<pid_t> child_to_signal{0};
static_assert(std::atomic<pid_t>::is_always_lock_free, "used in a signal handler");

/// A key on the terminal and its hang-up reach the whole process group, the
/// child included: only what another process sent to us has to be passed on.
/// Somebody who signals the whole group makes the child see it twice.
void pass_on(int signal, siginfo_t* info, void*) {
  const bool from_process = info->si_code == SI_USER || info->si_code == SI_QUEUE;
  const pid_t child = child_to_signal.load();
  if (from_process && child > 0) ::kill(child, signal);
}

/// A signal that is ignored (nohup) stays ignored, for us and for the child.
void catch_signals() {
  for (const int signal : kForwarded) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_sigaction = pass_on;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(signal, &action, nullptr);
  }
}

sigset_t forwarded_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kForwarded) sigaddset(&set, signal);
  return set;
}

/// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void execute(char* const* words, int error_pipe, const sigset_t& mask) {
  for (const int signal : kForwarded) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) ::signal(signal, SIG_DFL);
  }
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(words[0], words);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(error_pipe, &error, sizeof error);
  ::_exit(126);
}

Failure exec_failure(const std::string& program, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return {missing ? 127 : 126,
          fmt::format("{}: {}", program, missing ? "no such command" : std::strerror(error)), ""};
}

}  // namespace

Expected<pid_t> start_child(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    return Failure{exit_code::kFailure, fmt::format("pipe: {}", std::strerror(errno)), ""};
  }
  base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(write_end.get(), F_SETFD, FD_CLOEXEC);

  // Held back until the child's number is known: none may be lost in between.
  const sigset_t held = forwarded_set();
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &held, &before);
  const pid_t child = ::fork();
  if (child == 0) execute(pointers.data(), write_end.get(), before);
  const int fork_error = errno;
  if (child > 0) {
    child_to_signal = child;
    catch_signals();
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) {
    return Failure{exit_code::kFailure, fmt::format("fork: {}", std::strerror(fork_error)), ""};
  }
  write_end.reset();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(read_end.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got == 0) return child;
  child_to_signal = 0;
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return exec_failure(words.front(), error);
}

int wait_for_child(pid_t child) {
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  // Before the number is free to be used by a stranger.
  child_to_signal = 0;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace m1opt::client
