#include "app/http_get.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace m1opt::app {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t kBodyLimit = 1U << 20U;

/// One request as a chain of callbacks on a context that runs on this thread.
class Request {
 public:
  Request(asio::io_context& context, const std::string& host, const ollama::Request& request,
          Duration patience)
      : stream_(context) {
    request_.method_string(request.method);
    request_.target(request.target);
    request_.version(11);
    if (!request.body.empty()) {
      request_.set(http::field::content_type, "application/json");
      request_.body() = request.body;
      request_.prepare_payload();
    }
    // Ollama answers 403 to a foreign Host name.
    request_.set(http::field::host, host);
    parser_.body_limit(kBodyLimit);
    stream_.expires_after(patience);
  }

  void start(const asio::ip::tcp::endpoint& endpoint) {
    stream_.async_connect(endpoint, [this](beast::error_code error) {
      if (error) return fail("connect", error);
      http::async_write(stream_, request_, [this](beast::error_code write_error, std::size_t) {
        if (write_error) return fail("send", write_error);
        http::async_read(stream_, buffer_, parser_,
                         [this](beast::error_code read_error, std::size_t) {
                           if (read_error) fail("receive", read_error);
                         });
      });
    });
  }

  Result<std::string> take() {
    if (error_) return *error_;
    const auto& response = parser_.get();
    if (response.result() != http::status::ok) {
      return Error{Errc::io, 0, fmt::format("answered {}", response.result_int())};
    }
    return std::move(parser_.get().body());
  }

 private:
  void fail(const char* step, beast::error_code error) {
    error_ = Error{Errc::io, error.value(), fmt::format("{}: {}", step, error.message())};
  }

  beast::tcp_stream stream_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> http_get(const std::string& host, int port, const std::string& target,
                             Duration patience) {
  return http_ask(host, port, {"GET", target, {}}, patience);
}

Result<std::string> http_ask(const std::string& host, int port, const ollama::Request& asked,
                             Duration patience) {
  const std::string where = fmt::format("http://{}:{}{}", host, port, asked.target);
  try {
    asio::io_context context(1);
    beast::error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error || !address.is_loopback()) {
      return Error{Errc::unsupported, 0, where + ": only loopback addresses are asked"};
    }
    Request request(context, ollama::host_header(host, port), asked, patience);
    request.start({address, static_cast<std::uint16_t>(port)});
    context.run();
    auto body = request.take();
    if (!body) return body.error().within(where);
    return body;
  } catch (const std::exception& e) {
    return Error{Errc::io, 0, where + ": " + e.what()};
  }
}

}  // namespace m1opt::app
