#include "client/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
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

namespace m1opt::client {
namespace {

namespace http = boost::beast::http;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kLargestAnswer = 64U << 20U;

Failure too_late() {
  return {exit_code::kTimedOut, "m1optd did not answer in time", "Look at it: m1optctl doctor"};
}

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
bool wait_for(int fd, short events, SteadyTime deadline) {
  while (true) {
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return false;
  }
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

}  // namespace

struct Connection::State {
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
  auto state = std::make_unique<State>();
  state->deadline = std::chrono::steady_clock::now() + timeout;
  state->fd = base::Fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  const int fd = state->fd.get();
  if (fd < 0)
    return Failure{exit_code::kFailure, fmt::format("socket: {}", std::strerror(errno)), ""};
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const int error = connect_within(fd, address, state->deadline);
  if (error == ETIMEDOUT) return too_late();
  if (error != 0) return connect_failure(path, error);
  state->parser.eager(true);
  state->parser.body_limit(boost::none);
  return Connection(std::move(state));
}

Expected<void> Connection::send(std::string_view text, Timeout timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  while (!text.empty()) {
    const ssize_t sent = ::send(state_->fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(state_->fd.get(), POLLOUT, deadline)) return too_late();
    } else if (errno != EINTR) {
      return Failure{exit_code::kFailure, fmt::format("send to m1optd: {}", std::strerror(errno)),
                     ""};
    }
  }
  return {};
}

Expected<void> Connection::send_request(const Request& request) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: m1optd\r\nUser-Agent: m1optctl/{}\r\nAccept: */*\r\n",
                  request.method, request.target, M1OPT_VERSION);
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
      if (!wait_for(state_->fd.get(), POLLIN, deadline)) return false;
      continue;
    }
    boost::beast::error_code error;
    if (got <= 0) {
      // Beast asserts that there was something before the end.
      if (state_->parser.got_some()) state_->parser.put_eof(error);
      if (!error && state_->parser.is_done()) return true;
      return Failure{exit_code::kFailure, "m1optd closed the connection in the middle of an answer",
                     "Look at it: m1optctl doctor"};
    }
    state_->unread.append(buffer.data(), static_cast<std::size_t>(got));
    const std::size_t taken = state_->parser.put(
        boost::asio::buffer(state_->unread.data(), state_->unread.size()), error);
    state_->unread.erase(0, taken);
    if (error && error != http::error::need_more) {
      return Failure{exit_code::kFailure,
                     fmt::format("the answer is not HTTP ({})", error.message()),
                     "Is the socket m1optd's?"};
    }
    return true;
  }
}

Expected<void> Connection::read_until_done(SteadyTime deadline, bool head_only) {
  const auto& parser = state_->parser;
  while (head_only ? !parser.is_header_done() : !parser.is_done()) {
    const auto received = receive(deadline);
    if (!received) return received.error();
    if (!*received) return too_late();
    if (parser.is_header_done() && parser.get().body().size() > kLargestAnswer) {
      return Failure{exit_code::kFailure, "the answer has no end", "Is the socket m1optd's?"};
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
