#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "client/failure.h"

namespace m1opt::client {

struct Request {
  std::string method;
  std::string target;
  std::string body{};        ///< sent as JSON when not empty
  std::string last_event{};  ///< Last-Event-ID of an event stream
};

struct Response {
  int status{0};
  std::string content_type;
  std::string server;  ///< "m1optd/0.1.0"
  std::string body;
};

/// One HTTP/1.1 request over the daemon's Unix socket or to a local LLM server,
/// without Asio's machinery: a blocking client needs none, and the whole of
/// `status` has 15 ms. A signal that client/interrupt.h catches ends the wait.
class Connection {
 public:
  using Timeout = std::chrono::milliseconds;

  /// Exit status of the failure: 3 nobody listens, 4 not permitted, 7 too late.
  static Expected<Connection> open(const std::string& path, Timeout timeout);

  /// To a port of this machine; `host` is "localhost" or a loopback address.
  static Expected<Connection> open_loopback(const std::string& host, int port, Timeout timeout);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// The whole answer, within what is left of the timeout given to open().
  Expected<Response> exchange(const Request& request);

  /// For an answer that goes on: sends and reads the head, and the whole body
  /// too when the status says that there will be no stream.
  Expected<Response> start(const Request& request);
  /// What arrived next; empty when nothing came in time. After the end of the
  /// stream `ended()` is true.
  Expected<std::string> read_piece(Timeout timeout);
  [[nodiscard]] bool ended() const;
  Expected<void> send(std::string_view text, Timeout timeout);

  [[nodiscard]] int descriptor() const;

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  Expected<void> send_request(const Request& request);
  /// False: nothing came in time.
  Expected<bool> receive(std::chrono::steady_clock::time_point deadline);
  Expected<void> read_until_done(std::chrono::steady_clock::time_point deadline, bool head_only);
  [[nodiscard]] Response take_response();

  std::unique_ptr<State> state_;
};

}  // namespace m1opt::client
