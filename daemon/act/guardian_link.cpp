#include "act/guardian_link.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "journal/record_text.h"

extern char** environ;

namespace m1opt::act {

namespace {

constexpr int kReadyMs = 2000;
constexpr int kAcknowledgeMs = 1000;
constexpr int kStepMs = 20;
constexpr int kEndMs = 200;
constexpr int kGuardianFd = 3;

/// Own session (launchd and terminals signal the job's process group), default
/// signals, and nothing inherited but standard files and the socket.
Result<std::int32_t> spawn(const std::string& executable, std::vector<std::string> arguments,
                           int socket) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files{};
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, socket, kGuardianFd);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::int32_t pid = 0;
  const int error =
      ::posix_spawn(&pid, executable.c_str(), &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return error_from_errno("start the guardian (" + executable + ")", error);
  return pid;
}

}  // namespace

GuardianLink::GuardianLink(Options options) : options_(std::move(options)) {}

GuardianLink::~GuardianLink() { drop(); }

Result<void> GuardianLink::start() {
  kill();
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
    return error_from_errno("socketpair", errno);
  }
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  for (const int fd : ends) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  // dup2 onto the same number would keep close-on-exec.
  if (theirs.get() == kGuardianFd) ::fcntl(theirs.get(), F_SETFD, 0);
  std::vector<std::string> arguments{"m1optd", "--guardian", std::to_string(kGuardianFd),
                                     "--state-dir", options_.state_directory};
  if (!options_.log_file.empty()) {
    arguments.insert(arguments.end(), {"--log-file", options_.log_file});
  }
  auto pid = spawn(options_.executable, std::move(arguments), theirs.get());
  if (!pid) return pid.error();
  pid_ = *pid;
  socket_ = std::move(ours);
  reader_ = FrameReader{};
  ready_ = revoked_ = false;
  acknowledged_.clear();
  theirs.reset();
  fault_point("daemon.guardian_spawned");
  for (int waited = 0; waited < kReadyMs && !ready_; waited += kStepMs) {
    pollfd wait{socket_.get(), POLLIN, 0};
    ::poll(&wait, 1, kStepMs);
    if (auto received = receive(); !received) {
      kill();
      return received.error().within("the guardian did not start");
    }
  }
  fault_point("daemon.guardian_started");
  if (ready_) return {};
  kill();
  return Error{Errc::busy, 0, "the guardian did not start within 2 s"};
}

void GuardianLink::drop() {
  socket_.reset();
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
}

void GuardianLink::kill() {
  if (pid_ > 0) {
    // Our own child and not yet waited for, so the number is still its. Before the socket closes:
    // at its end the guardian would begin to undo.
    ::kill(pid_, SIGKILL);
    killed_.add(std::exchange(pid_, 0));
  }
  socket_.reset();
  for (int waited = 0; killed_.reap() && waited < kEndMs; waited += kStepMs) {
    ::poll(nullptr, 0, kStepMs);
  }
}

GuardianStatus GuardianLink::status() const {
  return {alive(), pid_, memory_locked_, std::nullopt};
}

Result<void> GuardianLink::hold(const UndoRecord& record) {
  if (!alive()) return Error{Errc::gone, 0, "no guardian"};
  if (revoked()) return Error{Errc::changed, 0, "the guardian has taken over"};
  acknowledged_.erase(record.id);
  if (auto sent = send_frame(socket_.get(), FrameType::hold, journal::record_to_text(record),
                             kAcknowledgeMs);
      !sent) {
    return sent;
  }
  for (int waited = 0; waited < kAcknowledgeMs; waited += kStepMs) {
    pollfd wait{socket_.get(), POLLIN, 0};
    ::poll(&wait, 1, kStepMs);
    if (auto received = receive(); !received) return received;
    if (revoked_) return Error{Errc::changed, 0, "the guardian has taken over"};
    if (acknowledged_.contains(record.id)) return {};
  }
  return Error{Errc::busy, 0, "the guardian did not acknowledge within 1 s"};
}

void GuardianLink::closed(RecordId id) {
  acknowledged_.erase(id);
  if (alive()) (void)send_frame(socket_.get(), FrameType::closed, std::to_string(id), kStepMs);
}

void GuardianLink::beat() {
  if (alive()) (void)send_frame(socket_.get(), FrameType::beat, {}, 0);
}

Result<void> GuardianLink::receive() {
  if (!alive()) return Error{Errc::gone, 0, "no guardian"};
  auto filled = reader_.fill(socket_.get());
  while (auto frame = reader_.next()) handle(*frame);
  return filled;
}

void GuardianLink::handle(const Frame& frame) {
  switch (frame.type) {
    case FrameType::ready:
      ready_ = true;
      memory_locked_ = frame.payload == "-" ? std::nullopt : std::optional(frame.payload == "1");
      break;
    case FrameType::acknowledged: {
      RecordId id = 0;
      std::from_chars(frame.payload.data(), frame.payload.data() + frame.payload.size(), id);
      acknowledged_.insert(id);
      break;
    }
    case FrameType::revoked: revoked_ = true; break;
    case FrameType::undone: reports_.push_back(frame.payload); break;
    case FrameType::hold:
    case FrameType::closed:
    case FrameType::beat:
    case FrameType::resumed: break;  // ours to say, not the guardian's
  }
}

bool GuardianLink::revoked() {
  (void)receive();
  return revoked_;
}

std::vector<std::string> GuardianLink::take_reports() { return std::exchange(reports_, {}); }

void GuardianLink::resume() {
  revoked_ = false;
  if (alive()) (void)send_frame(socket_.get(), FrameType::resumed, {}, kStepMs);
}

}  // namespace m1opt::act
