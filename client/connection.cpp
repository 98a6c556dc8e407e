#include "client/connection.h"

#include <fcntl.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/none.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/fd.h"
#include "client/interrupt.h"
#include "ollama/requests.h"

namespace m1opt::client {
namespace {

namespace http = boost::beast::http;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kLargestAnswer = 64U << 20U;

/// How often a wait looks whether it was interrupted: a signal may come just before it begins.
constexpr int kLookPeriodMs = 200;

/// Who is at the other end.
struct Peer {
  std::string name;    ///< for messages
  std::string host;    ///< of the Host header
  std::string advice;  ///< when it misbehaves
  bool interruptible;  ///< a question to the daemon is short, and may be the undoing of something

  [[nodiscard]] Failure fails(std::string text) const {
    return {exit_code::kFailure, std::move(text), advice};
  }
  [[nodiscard]] Failure too_late() const {
    if (interruptible && interrupted()) return interruption();
    return {exit_code::kTimedOut, fmt::format("{} did not answer in time", name), advice};
  }
};

Peer daemon_peer() { return {"m1optd", "m1optd", "Look at it: m1optctl doctor", false}; }

Failure connect_failure(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return {exit_code::kNotPermitted, fmt::format("no permission to use the socket {}", path),
            "Run it again with sudo"};
  }
  if (error == ENOENT || error == ENOTDIR) {
    return {exit_code::kNotRunning, fmt::format("m1optd is not running (no socket at {})", path),
            "Start it: sudo m1optctl start"};
  }
  if (error == ECONNREFUSED) {
    return {exit_code::kNotRunning,
            fmt::format("m1optd is not running (nobody listens on {})", path),
            "Start it: sudo m1optctl start"};
  }
  return {exit_code::kFailure, fmt::format("connect to {}: {}", path, std::strerror(error)), ""};
}

int milliseconds_until(SteadyTime deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1 << 30));
}

/// False when the time is up first.
bool wait_for(int fd, short events, SteadyTime deadline, bool interruptible) {
  while (!interruptible || !interrupted()) {
    pollfd entry{fd, events, 0};
    const int left = milliseconds_until(deadline);
    const int ready = ::poll(&entry, 1, std::min(left, kLookPeriodMs));
    if (ready > 0) return true;
    if (ready == 0 && left <= kLookPeriodMs) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

/// A full backlog of a Unix socket answers EAGAIN and cannot be polled for.
int connect_within(int fd, const sockaddr_un& address, SteadyTime deadline) {
  while (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return errno;
    if (milliseconds_until(deadline) == 0) return ETIMEDOUT;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

/// The address as connect(2) takes it; empty when it is none of this machine.
struct LoopbackAddress {
  sockaddr_storage storage{};
  socklen_t size{0};
};
LoopbackAddress loopback_address(const std::string& host, int port) {
  LoopbackAddress address;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(static_cast<std::uint16_t>(port));
  const std::string text = host == "localhost" ? "127.0.0.1" : host;
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    if ((ntohl(four.sin_addr.s_addr) >> 24U) != 127) return address;
    std::memcpy(&address.storage, &four, sizeof four);
    address.size = sizeof four;
    return address;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) != 1) return address;
  if (!IN6_IS_ADDR_LOOPBACK(&six.sin6_addr)) return address;
  std::memcpy(&address.storage, &six, sizeof six);
  address.size = sizeof six;
  return address;
}

/// 0, or why not.
int connect_within(int fd, const LoopbackAddress& address, SteadyTime deadline) {
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_for(fd, POLLOUT, deadline, true)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

base::Fd open_socket(int family) {
  base::Fd fd(::socket(family, SOCK_STREAM, 0));
  if (!fd.valid()) return fd;
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace

struct Connection::State {
  State(Peer other, base::Fd socket, SteadyTime end)
      : peer(std::move(other)), fd(std::move(socket)), deadline(end) {
    parser.eager(true);
    parser.body_limit(boost::none);
  }

  Peer peer;
  base::Fd fd;
  SteadyTime deadline;
  http::response_parser<http::string_body> parser;
  std::string unread;  ///< received, not yet taken by the parser
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

int Connection::descriptor() const { return state_->fd.get(); }
bool Connection::ended() const { return state_->parser.is_done(); }

Expected<Connection> Connection::open(const std::string& path, Timeout timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Failure{exit_code::kUsage,
                   fmt::format("socket path of {} characters: {}", path.size(), path),
                   fmt::format("A path has at most {}", sizeof address.sun_path - 1)};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  base::Fd fd = open_socket(AF_UNIX);
  if (!fd.valid()) {
    return Failure{exit_code::kFailure, fmt::format("socket: {}", std::strerror(errno)), ""};
  }
  const int error = connect_within(fd.get(), address, deadline);
  if (error == ETIMEDOUT) return daemon_peer().too_late();
  if (error != 0) return connect_failure(path, error);
  return Connection(std::make_unique<State>(daemon_peer(), std::move(fd), deadline));
}

Expected<Connection> Connection::open_loopback(const std::string& host, int port,
                                               Timeout timeout) {
  const std::string name = ollama::host_header(host, port);
  const Peer peer{"http://" + name, name, "", true};
  const LoopbackAddress address = loopback_address(host, port);
  if (address.size == 0 || port < 1 || port > 65535) {
    return Failure{exit_code::kUsage,
                   fmt::format("{}: only servers of this machine are asked", peer.name), ""};
  }
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  base::Fd fd = open_socket(address.storage.ss_family);
  const int error = fd.valid() ? connect_within(fd.get(), address, deadline) : errno;
  if (error == ETIMEDOUT) return peer.too_late();
  if (error == ECONNREFUSED) return peer.fails(fmt::format("nobody listens at {}", peer.name));
  if (error != 0) return peer.fails(fmt::format("{}: {}", peer.name, std::strerror(error)));
  return Connection(std::make_unique<State>(peer, std::move(fd), deadline));
}

Expected<void> Connection::send(std::string_view text, Timeout timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (!text.empty()) {
    const ssize_t sent = ::send(state_->fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(state_->fd.get(), POLLOUT, deadline, state_->peer.interruptible)) return state_->peer.too_late();
    } else if (errno != EINTR) {
      return Failure{exit_code::kFailure,
                     fmt::format("send to {}: {}", state_->peer.name, std::strerror(errno)), ""};
    }
  }
  return {};
}

Expected<void> Connection::send_request(const Request& request) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: m1optctl/{}\r\nAccept: */*\r\n",
                  request.method, request.target, state_->peer.host, M1OPT_VERSION);
  if (!request.last_event.empty()) text += fmt::format("Last-Event-ID: {}\r\n", request.last_event);
  if (!request.body.empty()) text += "Content-Type: application/json\r\n";
  if (!request.body.empty() || request.method != "GET") {
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  text += "\r\n" + request.body;
  const int left = milliseconds_until(state_->deadline);
  auto sent = send(text, Timeout(left));
  // A server that refuses early answers and closes; its answer says why.
  if (!sent && sent.error().exit_status == exit_code::kTimedOut) return sent;
  return {};
}

Expected<bool> Connection::receive(SteadyTime deadline) {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = ::recv(state_->fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      if (!wait_for(state_->fd.get(), POLLIN, deadline, state_->peer.interruptible)) return false;
      continue;
    }
    boost::beast::error_code error;
    if (got <= 0) {
      // Beast asserts that there was something before the end.
      if (state_->parser.got_some()) state_->parser.put_eof(error);
      if (!error && state_->parser.is_done()) return true;
      return state_->peer.fails(fmt::format(
          "{} closed the connection in the middle of an answer", state_->peer.name));
    }
    state_->unread.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t taken = state_->parser.put(
        boost::asio::buffer(state_->unread.data(), state_->unread.size()), error);
    state_->unread.erase(0, taken);
    if (error && error != http::error::need_more) {
      return Failure{exit_code::kFailure,
                     fmt::format("the answer of {} is not HTTP ({})", state_->peer.name,
                                 error.message()),
                     ""};
    }
    return true;
  }
}

Expected<void> Connection::read_until_done(SteadyTime deadline, bool head_only) {
  const auto& parser = state_->parser;
  while (head_only ? !parser.is_header_done() : !parser.is_done()) {
    const auto received = receive(deadline);
    if (!received) return received.error();
    if (!*received) return state_->peer.too_late();
    if (parser.is_header_done() && parser.get().body().size() > kLargestAnswer) {
      return Failure{exit_code::kFailure,
                     fmt::format("the answer of {} has no end", state_->peer.name), ""};
    }
  }
  return {};
}

Response Connection::take_response() {
  auto& message = state_->parser.get();
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(message[http::field::content_type]);
  response.server = std::string(message[http::field::server]);
  response.body = std::move(message.body());
  message.body().clear();
  return response;
}

Expected<Response> Connection::exchange(const Request& request) {
  if (const auto sent = send_request(request); !sent) return sent.error();
  if (const auto read = read_until_done(state_->deadline, false); !read) return read.error();
  return take_response();
}

Expected<Response> Connection::start(const Request& request) {
  if (const auto sent = send_request(request); !sent) return sent.error();
  if (const auto read = read_until_done(state_->deadline, true); !read) return read.error();
  if (state_->parser.get().result_int() >= 300) {
    if (const auto read = read_until_done(state_->deadline, false); !read) return read.error();
  }
  return take_response();
}

Expected<std::string> Connection::read_piece(Timeout timeout) {
  const auto received = receive(std::chrono::steady_clock::now() + timeout);
  if (!received) return received.error();
  std::string piece = std::move(state_->parser.get().body());
  state_->parser.get().body().clear();
  return piece;
}

}  // namespace m1opt::client
