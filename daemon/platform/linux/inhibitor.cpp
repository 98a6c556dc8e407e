#include "platform/linux/inhibitor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace m1opt::platform {

namespace {

constexpr std::size_t kLongestComplaint = 400;
constexpr int kFirstFreeFd = 3;
constexpr int kNotStarted = 127;

/// In the child, so only async-signal-safe calls: the parent may have threads.
[[noreturn]] void become(char* const* argv, int channel, int complaints) {
  // Out of the way first: a daemon without standard files has these numbers below 3.
  channel = ::fcntl(channel, F_DUPFD_CLOEXEC, kFirstFreeFd);
  complaints = ::fcntl(complaints, F_DUPFD_CLOEXEC, kFirstFreeFd);
  ::dup2(channel, STDIN_FILENO);
  ::dup2(channel, STDOUT_FILENO);
  ::dup2(complaints, STDERR_FILENO);
  ::setsid();
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const std::array<char*, 1> environment{nullptr};
  ::execve(argv[0], argv, environment.data());
  ::_exit(kNotStarted);
}

/// The first line, printable.
std::string read_complaint(int fd) {
  std::array<char, kLongestComplaint> buffer{};
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  text.resize(std::min(text.size(), text.find('\n')));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string describe_end(const std::string& program, int status, const std::string& complaint) {
  std::string text = program;
  if (WIFSIGNALED(status)) {
    text += fmt::format(" was ended by signal {}", WTERMSIG(status));
  } else if (WEXITSTATUS(status) == kNotStarted) {
    text += " could not be started";
  } else {
    text += fmt::format(" ended with status {}", WEXITSTATUS(status));
  }
  return complaint.empty() ? text : text + ": " + complaint;
}

}  // namespace

Inhibitor::Inhibitor(pid_t pid, std::string program, Fd channel, Fd complaints)
    : pid_(pid),
      program_(std::move(program)),
      channel_(std::move(channel)),
      complaints_(std::move(complaints)) {}

Inhibitor::Inhibitor(Inhibitor&& other) noexcept { *this = std::move(other); }

Inhibitor& Inhibitor::operator=(Inhibitor&& other) noexcept {
  kill();
  pid_ = std::exchange(other.pid_, 0);
  program_ = std::move(other.program_);
  channel_ = std::move(other.channel_);
  complaints_ = std::move(other.complaints_);
  running_ = other.running_;
  return *this;
}

Inhibitor::~Inhibitor() { kill(); }

Result<Inhibitor> Inhibitor::start(std::vector<std::string> arguments) {
  std::array<int, 2> channel{};
  std::array<int, 2> complaints{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0) {
    return error_from_errno("socketpair", errno);
  }
  Fd ours(channel[0]);
  const Fd theirs(channel[1]);
  if (::pipe2(complaints.data(), O_CLOEXEC | O_NONBLOCK) != 0) return error_from_errno("pipe", errno);
  Fd heard(complaints[0]);
  const Fd said(complaints[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  if (::write(ours.get(), "\n", 1) != 1) return error_from_errno("write", errno);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return error_from_errno("fork", errno);
  if (pid == 0) become(argv.data(), theirs.get(), said.get());
  return Inhibitor(pid, arguments.front(), std::move(ours), std::move(heard));
}

Result<bool> Inhibitor::check() {
  char echo = 0;
  if (::read(channel_.get(), &echo, 1) == 1) running_ = true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return running_;
  pid_ = 0;
  return Error{Errc::io, 0, describe_end(program_, status, read_complaint(complaints_.get()))};
}

pid_t Inhibitor::kill() {
  channel_.reset();
  const pid_t pid = std::exchange(pid_, 0);
  // Not waited for yet, so the number is still our child's.
  if (pid <= 0 || ::kill(pid, SIGKILL) != 0 || ::waitpid(pid, nullptr, WNOHANG) == pid) return 0;
  return pid;
}

}  // namespace m1opt::platform
