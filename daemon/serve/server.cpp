#include "serve/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>

#include "base/log.h"
#include "serve/service.h"
#include "serve/session.h"
#include "serve/socket_file.h"

namespace m1opt::serve {

namespace {

using Acceptor = asio::local::stream_protocol::acceptor;

/// 4096 connections (the largest api.max_connections) and what else the daemon opens.
constexpr rlim_t kDescriptors = 4096 + 512;
constexpr auto kAcceptRetry = 50ms;
/// Refused peers that are read from for a moment; beyond that they are cut off.
constexpr int kLingering = 64;

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptors) return;
  limit.rlim_cur = std::min<rlim_t>(kDescriptors, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log_warning("the limit of open files could not be raised: {}", std::strerror(errno));
  }
}

/// The end of every coroutine: none may take the thread with it.
void on_end(const std::exception_ptr& fault) {
  if (!fault) return;
  try {
    std::rethrow_exception(fault);
  } catch (const std::exception& e) {
    log_error("a connection ended: {}", e.what());
  }
}

std::string full_text() {
  const Reply reply = problem_reply(
      wire::make_problem(wire::ProblemCode::busy, "Too many connections are open",
                         "Close some (event streams count too), or raise api.max_connections"));
  return head_of(reply, false) + "Content-Length: " + std::to_string(reply.body.size()) +
         "\r\n\r\n" + reply.body;
}

Task<> turn_away(Socket socket, const ServerOptions& options, std::shared_ptr<int> lingering) {
  struct Count {
    explicit Count(std::shared_ptr<int> n) : number(std::move(n)) { ++*number; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { --*number; }
    std::shared_ptr<int> number;
  };
  const Count counted(std::move(lingering));
  Deadline deadline(socket);
  const std::string text = full_text();
  ErrorCode error;
  deadline.arm(options.linger_deadline);
  co_await asio::async_write(socket, asio::buffer(text), into(error));
  deadline.disarm();
  if (!error) co_await linger_on(socket, deadline, options.linger_deadline);
}

}  // namespace

struct Server::State {
  State(Backend& backend, ServerOptions options)
      : core(std::make_shared<Core>(backend, std::move(options))) {}

  Result<void> bind();
  Result<void> listen();
  void let_in();
  void subscribe();
  void run();
  Task<> accept(std::shared_ptr<Acceptor> from);
  Task<> keep_file();
  void take(Socket socket);
  void open_session(Socket socket, platform::PeerIdentity peer);

  std::shared_ptr<Core> core;
  SocketFile file;
  std::shared_ptr<Acceptor> acceptor;
  std::shared_ptr<void> subscription;
  std::shared_ptr<int> lingering{std::make_shared<int>(0)};
  std::thread thread;
};

Result<void> Server::State::bind() {
  Service& service = core->service;
  service.snapshot();
  if (auto listening = listen(); !listening) return listening;
  service.on_config = [this] { let_in(); };
  return {};
}

/// Gives the socket the mode and group that the config asks for.
void Server::State::let_in() {
  const AccessPolicy& access = core->service.access;
  const unsigned mode = access.socket_mode();
  const auto set = file.set_mode(mode, mode == 0660 ? access.group() : std::nullopt);
  if (!set) log_warning("api.read, group {}: {}", access.group_name(), set.error().what);
}

Result<void> Server::State::listen() {
  const ServerOptions& options = core->service.options;
  auto opened = SocketFile::open(options.socket_path, options.check_directory);
  if (!opened) return opened.error();
  // The old file's socket is still open, so the new one cannot be taken for it and removed.
  file = *std::move(opened);
  let_in();
  if (acceptor) acceptor->close();
  acceptor = std::make_shared<Acceptor>(core->io, asio::local::stream_protocol(), file.release());
  asio::co_spawn(core->io, accept(acceptor), on_end);
  return {};
}

/// Somebody may have cleaned up the directory: then nobody could reach the daemon any more.
Task<> Server::State::keep_file() {
  bool complained = false;
  asio::steady_timer timer(core->io);
  for (;;) {
    ErrorCode error;
    timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(
        core->service.options.file_check));
    co_await timer.async_wait(into(error));
    if (error) co_return;
    if (file.in_place()) continue;
    const auto made = listen();
    if (made) {
      log_warning("{} was gone or another file; it is made again", core->service.options.socket_path);
    } else if (!complained) {
      log_error("the socket cannot be reached any more: {}", made.error().what);
    }
    complained = !made;
  }
}

void Server::State::subscribe() {
  auto pending = std::make_shared<std::atomic<bool>>(false);
  subscription = core->service.backend.on_event([weak = std::weak_ptr(core), pending] {
    const auto alive = weak.lock();
    if (!alive || pending->exchange(true)) return;
    asio::post(alive->io, [to = alive.get(), pending] {
      pending->store(false);
      to->service.snapshot();  // the event may be a new config
      to->service.wake_streams();
    });
  });
}

void Server::State::run() {
  for (;;) {
    try {
      core->io.run();
      return;
    } catch (const std::exception& e) {
      log_error("the socket's thread: {}", e.what());
    }
  }
}

Task<> Server::State::accept(std::shared_ptr<Acceptor> from) {
  bool complained = false;
  for (;;) {
    ErrorCode error;
    Socket socket = co_await from->async_accept(into(error));
    if (!from->is_open()) co_return;
    if (!error) {
      complained = false;
      try {
        take(std::move(socket));
      } catch (const std::exception& e) {
        log_error("a connection was lost: {}", e.what());
      }
      continue;
    }
    // Out of descriptors or memory: the peer waits in the queue until there are some.
    if (!complained) log_warning("accept: {}", error.message());
    complained = true;
    asio::steady_timer timer(core->io, kAcceptRetry);
    co_await timer.async_wait(into(error));
  }
}

void Server::State::take(Socket socket) {
  Service& service = core->service;
  service.snapshot();
  auto peer = service.options.identify(socket.native_handle());
  if (!peer) {
    log_warning("a peer without identity was cut off: {}", peer.error().what);
    return;
  }
  if (service.admission.enter(peer->uid, service.access.is_root(peer->uid))) {
    open_session(std::move(socket), *std::move(peer));
    return;
  }
  if (*lingering < kLingering) {
    asio::co_spawn(core->io, turn_away(std::move(socket), service.options, lingering), on_end);
    return;
  }
  const std::string text = full_text();
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
}

void Server::State::open_session(Socket socket, platform::PeerIdentity peer) {
  const std::uint32_t uid = peer.uid;
  std::shared_ptr<Session> session;
  try {
    session = std::make_shared<Session>(*core, std::move(socket), std::move(peer));
  } catch (...) {
    core->service.admission.leave(uid);  // else its destructor does
    throw;
  }
  asio::co_spawn(
      core->io, [session] { return session->run(); }, on_end);
}

Server::Server(Backend& backend, ServerOptions options)
    : state_(std::make_unique<State>(backend, std::move(options))) {}

Server::~Server() { stop(); }

Result<void> Server::start() {
  raise_descriptor_limit();
  if (auto bound = state_->bind(); !bound) return bound;
  state_->subscribe();
  asio::co_spawn(state_->core->io, state_->keep_file(), on_end);
  // Signals are for the control thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void Server::stop() {
  if (!state_ || !state_->core) return;
  state_->subscription.reset();
  state_->core->io.stop();
  if (state_->thread.joinable()) state_->thread.join();
  state_->file.remove();
  state_->acceptor.reset();
  state_->core.reset();
}

}  // namespace m1opt::serve
