#include "serve/session.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/log.h"
#include "serve/message_length.h"
#include "serve/router.h"
#include "serve/routes.h"

// gcc 12 looks into Asio's allocation of a coroutine's frame and does not find the
// matching release, which is Asio's own operator delete.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace m1opt::serve {

namespace http = boost::beast::http;
using wire::make_problem;
using wire::ProblemCode;

namespace {

/// A connection that waits keeps no more than this.
constexpr std::size_t kIdleBuffer = 4096;
constexpr std::size_t kLingerBytes = 4U << 20U;
/// Of header_limit: what is read before it is understood. The parser itself keeps any length of a
/// chunk's extension and of a trailer.
constexpr std::size_t kBuffers = 2;

Reply problem_of(ProblemCode code, std::string detail, std::string hint = {}) {
  return problem_reply(make_problem(code, std::move(detail), std::move(hint)));
}

Reply refusal_of(const ErrorCode& error, const ServerOptions& options) {
  if (error == http::error::body_limit) {
    return problem_of(ProblemCode::body_too_large,
                      fmt::format("A body has at most {} bytes", options.body_limit));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem_of(ProblemCode::header_too_large,
                      fmt::format("A header has at most {} bytes", options.header_limit));
  }
  return problem_of(ProblemCode::bad_request, error.message(), "Send HTTP/1.1");
}

bool is_http_error(const ErrorCode& error) {
  return error.category() == make_error_code(http::error::bad_method).category();
}

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Session::Session(Core& core, Socket socket, platform::PeerIdentity peer)
    : core_(core),
      service_(core.service),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      deadline_(socket_),
      buffer_(kBuffers * service_.options.header_limit),
      wake_(core.io) {}

Session::~Session() { service_.admission.leave(peer_.uid); }

Task<> Session::run() {
  const auto self = shared_from_this();  // for as long as the coroutine lives
  while (co_await serve_one()) {
  }
  co_await linger();
}

Task<bool> Session::serve_one() {
  if (!co_await wait_for_request()) co_return false;
  Received request;
  Reply refusal;
  const Outcome outcome = co_await receive(request, refusal);
  if (outcome == Outcome::left) co_return false;
  if (outcome == Outcome::refused) {
    refused_ = true;
    co_await write(refusal, false);
    co_return false;
  }
  co_return co_await dispatch(request);
}

Task<bool> Session::wait_for_request() {
  if (buffer_.size() > 0) co_return true;  // pipelined
  if (buffer_.capacity() > kIdleBuffer) buffer_.shrink_to_fit();
  ErrorCode error;
  deadline_.arm(service_.options.idle_deadline);
  buffer_.commit(co_await socket_.async_read_some(buffer_.prepare(kIdleBuffer), into(error)));
  deadline_.disarm();
  co_return !error;
}

Task<Session::Outcome> Session::receive(Received& request, Reply& refusal) {
  const ServerOptions& options = service_.options;
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options.header_limit));
  parser.body_limit(options.body_limit);
  ErrorCode error;
  deadline_.arm(options.request_deadline);
  co_await http::async_read_header(socket_, buffer_, parser, into(error));
  if (!error && !has_clear_length(parser.get().base())) error = http::error::bad_transfer_encoding;
  if (!error && !parser.is_done() &&
      boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    const bool written = co_await write_text("HTTP/1.1 100 Continue\r\n\r\n");
    if (!written) co_return Outcome::left;
    deadline_.arm(options.request_deadline);
  }
  if (!error && !parser.is_done()) co_await http::async_read(socket_, buffer_, parser, into(error));
  const bool late = deadline_.expired();
  deadline_.disarm();
  if (late) {
    refusal = problem_of(
        ProblemCode::request_timeout,
        fmt::format("A request must arrive within {} s", seconds_of(options.request_deadline)));
    co_return Outcome::refused;
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    co_return Outcome::left;
  }
  if (error && !is_http_error(error)) co_return Outcome::left;
  if (error) {
    refusal = refusal_of(error, options);
    co_return Outcome::refused;
  }
  auto& message = parser.get();
  request.method = text_of(message.method_string());
  request.target = text_of(message.target());
  request.body = std::move(message.body());
  request.last_event_id = text_of(message["Last-Event-ID"]);
  request.keep_alive = message.keep_alive();
  request.streamable = message.version() >= 11;
  co_return Outcome::complete;
}

Task<bool> Session::dispatch(const Received& request) {
  auto match = find_route(service_.options.table ? *service_.options.table : routes(), request.method, request.target);
  if (!match) {
    Reply reply = problem_reply(match.error().problem);
    if (!match.error().allow.empty()) reply.headers.emplace_back("Allow", match.error().allow);
    co_return co_await write(reply, request.keep_alive);
  }
  const Route& route = *match->route;
  auto snapshot = service_.snapshot();
  const Rights rights = service_.access.rights_of(peer_);
  std::optional<Reply> reply;
  if (const auto refused = refuse(route.access, rights, service_.access.group_name())) {
    reply = problem_reply(*refused);
  } else if (!snapshot) {
    reply = problem_of(ProblemCode::starting, "The first sample is being taken", "Try again");
  } else if (!request.streamable && (std::holds_alternative<Special>(route.handler) ||
                                     std::holds_alternative<Fetch>(route.handler))) {
    reply = problem_of(ProblemCode::bad_request, "This path needs HTTP/1.1");
  } else {
    const Call call{request.method,
                    route.path,
                    std::move(match->parameters),
                    std::move(match->query),
                    request.body,
                    request.last_event_id,
                    peer_,
                    rights,
                    service_.backend,
                    service_.options,
                    service_.documents,
                    std::move(snapshot)};
    reply = co_await handle(route, call);
  }
  if (!reply) co_return false;
  co_return co_await write(*reply, request.keep_alive);
}

Task<std::optional<Reply>> Session::handle(const Route& route, const Call& call) {
  std::string fault;
  try {
    if (const auto* answer = std::get_if<Answer>(&route.handler)) co_return (*answer)(call);
    if (const auto* prepare = std::get_if<Prepare>(&route.handler)) {
      co_return co_await run_command(route, call, *prepare);
    }
    if (const auto* fetch = std::get_if<Fetch>(&route.handler)) {
      co_return co_await run_fetch(route, call, *fetch);
    }
    if (route.mutates && call.snapshot->status.mode == Mode::sysroot) {
      co_return problem_of(ProblemCode::sysroot, "Nothing can be changed with --sysroot");
    }
    co_return co_await run_special(std::get<Special>(route.handler), call);
  } catch (const std::exception& e) {
    fault = e.what();
  }
  log_error("{} {}: {}", call.method, call.path, fault);
  co_return problem_of(ProblemCode::internal, "The daemon's log says more");
}

Task<std::optional<Reply>> Session::run_special(Special special, const Call& call) {
  switch (special) {
    case Special::event_stream: co_return co_await stream_events(call);
    case Special::lease: co_return co_await hold_lease(call);
    case Special::self_test: co_return co_await run_self_test(call);
  }
  co_return std::nullopt;
}

Task<bool> Session::write(const Reply& reply, bool keep_alive) {
  static const CachedDocument kNone;
  const CachedDocument& around = reply.document ? *reply.document : kNone;
  const std::size_t size = around.before.size() + reply.body.size() + around.after.size();
  const std::string head = head_of(reply, keep_alive) + fmt::format("Content-Length: {}\r\n\r\n", size);
  const std::array<asio::const_buffer, 4> pieces{asio::buffer(head), asio::buffer(around.before),
                                                 asio::buffer(reply.body), asio::buffer(around.after)};
  ErrorCode error;
  deadline_.arm(service_.options.write_deadline);
  co_await asio::async_write(socket_, pieces, into(error));
  deadline_.disarm();
  co_return !error && keep_alive;
}

Task<bool> Session::write_text(std::string text) {
  ErrorCode error;
  deadline_.arm(service_.options.write_deadline);
  co_await asio::async_write(socket_, asio::buffer(text), into(error));
  deadline_.disarm();
  co_return !error;
}

Task<> Session::linger() {
  if (refused_) {
    co_await linger_on(socket_, deadline_, service_.options.linger_deadline);
  }
  ErrorCode ignored;
  socket_.close(ignored);
}

Task<> linger_on(Socket& socket, Deadline& deadline, Duration time) {
  ErrorCode error;
  socket.shutdown(Socket::shutdown_send, error);
  std::array<char, 4096> ignored{};
  std::size_t total = 0;
  deadline.arm(time);
  while (!error && !deadline.expired() && total < kLingerBytes) {
    total += co_await socket.async_read_some(asio::buffer(ignored), into(error));
  }
  deadline.disarm();
}

}  // namespace m1opt::serve
