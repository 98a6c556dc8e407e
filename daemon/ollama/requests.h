#pragma once

#include <cstdint>
#include <optional>
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
/// With `lists` also the lists of the file, which are many megabytes of tokens.
Request show_request(std::string_view model, bool lists = false);
/// An empty prompt with keep_alive 0: the server answers at once and unloads
/// when running requests have ended; also 200 when the model was not loaded.
Request unload_request(std::string_view model);

/// Text to be generated. Options that differ from those of the loaded model would load it anew, and
/// without a keep-alive the server's own replaces that of the model: give what GET /api/ps says.
struct Prompt {
  std::string text;
  int most_tokens{0};
  std::optional<std::int64_t> context{};
  std::optional<std::int64_t> keep_alive_s{};  ///< -1: for ever
};
/// Always the same answer to the same prompt, in one piece.
Request generate_request(std::string_view model, const Prompt& prompt);
/// The same of llama-server. It goes on to `most_tokens` whatever the model says.
Request completion_request(const Prompt& prompt);

Request props_request();
Request slots_request();
Request health_request();

/// "127.0.0.1:11434"; an IPv6 address in brackets.
std::string host_header(std::string_view host, int port);

/// The whole HTTP/1.1 request as bytes, closing the connection after the answer.
std::string to_http(const Request& request, std::string_view host, int port);

}  // namespace m1opt::ollama
