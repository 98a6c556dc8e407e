#pragma once

#include <string>
#include <string_view>

/// Requests to a local Ollama or llama-server. Whoever sends them adds the
/// connection; the host name must be the loopback one (Ollama answers 403 to a
/// foreign Host header).
namespace m1opt::ollama {

struct Request {
  std::string method;  ///< "GET" or "POST"
  std::string target;
  std::string body;  ///< JSON; empty for GET

  bool operator==(const Request&) const = default;
};

Request version_request();
Request ps_request();
Request tags_request();
Request show_request(std::string_view model);
/// An empty prompt with keep_alive 0: the server answers at once and unloads
/// when running requests have ended; also 200 when the model was not loaded.
Request unload_request(std::string_view model);
Request slots_request();
Request health_request();

/// "127.0.0.1:11434"; an IPv6 address in brackets.
std::string host_header(std::string_view host, int port);

/// The whole HTTP/1.1 request as bytes, closing the connection after the answer.
std::string to_http(const Request& request, std::string_view host, int port);

}  // namespace m1opt::ollama
