#include "client/lease.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <chrono>

#include "client/api.h"

namespace m1opt::client {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTime = 2s;
constexpr auto kRetryTime = 2s;
/// The daemon ends a lease after three missed beats; so often that two may be lost.
constexpr auto kBeatTime = 1s;
constexpr std::string_view kBeat = "\n";

bool is_final(const Failure& failure) {
  return failure.exit_status == exit_code::kUsage ||
         failure.exit_status == exit_code::kNotPermitted;
}

}  // namespace

Lease::Lease(Context context, base::ProcessId process)
    : context_(std::move(context)), process_(process) {
  // Signals are for the thread that waits for the command.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { keep(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  }
  wake_.notify_all();
  thread_.join();
}

bool Lease::pause() {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, kRetryTime, [this] { return ending_; });
}

void Lease::keep() {
  while (take_once() && pause()) {
  }
}

bool Lease::take_once() {
  auto connection = Connection::open(context_.socket, kConnectTime);
  if (!connection) return true;
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;
    descriptor_ = connection->descriptor();
  }
  Expected<void> kept{};
  const auto answer =
      connection->start({"POST", "/v1/leases",
                         fmt::format(R"({{"pid":{},"start":{}}})", process_.pid, process_.start)});
  if (!answer) {
    kept = answer.error();
  } else if (answer->status >= 300) {
    kept = failure_of(*answer);
  } else {
    said_ = true;
    kept = beat(*connection);
  }
  // The destructor must never shut down a number that somebody else has by now.
  const std::lock_guard lock(mutex_);
  descriptor_ = -1;
  if (ending_ || kept) return !ending_;
  if (!said_) complain(context_, fmt::format("no lease: {}", kept.error().text));
  said_ = true;
  return !is_final(kept.error());
}

Expected<void> Lease::beat(Connection& connection) {
  while (!connection.ended()) {
    if (auto sent = connection.send(kBeat, kConnectTime); !sent) return sent;
    const auto piece = connection.read_piece(kBeatTime);
    if (!piece) return piece.error();
  }
  return {};
}

}  // namespace m1opt::client
