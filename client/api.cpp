#include "client/api.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <cstdio>

#include "base/file.h"
#include "client/json_view.h"

namespace m1opt::client {
namespace {

/// The code is the promised word; the status is for what has none.
int exit_status_of(int http_status, std::string_view code) {
  if (code == "config_invalid") return exit_code::kConfigInvalid;
  if (code == "refused") return exit_code::kFailure;  // for safety: no right would change that
  switch (http_status) {
    case 400:
    case 422: return exit_code::kUsage;
    case 401:
    case 403: return exit_code::kNotPermitted;
    case 408:
    case 504: return exit_code::kTimedOut;
    default: return exit_code::kFailure;
  }
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.pop_back();
  return text;
}

Failure unanswered(Failure failure) {
  failure.unanswered = true;
  return failure;
}

}  // namespace

Failure failure_of(const Response& response) {
  boost::system::error_code error;
  const boost::json::value problem = boost::json::parse(response.body, error);
  std::string text = error ? std::string{} : text_at(problem, "detail");
  if (text.empty() && !error) text = text_at(problem, "title");
  if (text.empty()) text = fmt::format("m1optd answered with HTTP status {}", response.status);
  const std::string code = error ? std::string{} : text_at(problem, "code");
  std::string fix = error ? std::string{} : text_at(problem, "hint");
  if (fix.empty() && code == "forbidden") fix = "Run it again with sudo";
  while (text.ends_with('.')) text.pop_back();
  Failure failure{exit_status_of(response.status, code), text, fix};
  failure.problem = code;
  return failure;
}

Expected<Connection> connect(const Context& context, std::chrono::milliseconds timeout) {
  auto connection = Connection::open(context.socket, timeout);
  if (connection || connection.error().exit_status != exit_code::kNotRunning) return connection;
  Failure failure = connection.error();
  const auto reason = base::read_file(context.state_dir + "/refused.txt", 4096);
  if (reason && !trimmed(*reason).empty()) {
    failure.text += fmt::format(". It refused to start: {}", trimmed(*reason));
    failure.fix = "Mend that, then: sudo m1optctl start";
  } else if (!reason && reason.error().os_errno == EACCES) {
    failure.fix += failure.fix.empty() ? "" : "; ";
    failure.fix += "if it refused to start, sudo m1optctl status says why";
  }
  return failure;
}

Expected<Document> ask(const Context& context, const Request& request,
                       std::chrono::milliseconds timeout) {
  auto connection = connect(context, timeout);
  if (!connection) return connection.error();
  const auto response = connection->exchange(request);
  if (!response) return unanswered(response.error());
  if (response->server.starts_with("m1optd/")) {
    warn_of_other_version(context, std::string_view(response->server).substr(7));
  }
  if (response->status >= 300) return failure_of(*response);
  boost::system::error_code error;
  Document document{response->body, boost::json::parse(response->body, error)};
  if (error) {
    return unanswered({exit_code::kFailure, fmt::format("the answer is not JSON ({})", error.message()),
                       "Is the socket m1optd's?"});
  }
  return document;
}

void warn_of_other_version(const Context& context, std::string_view daemon_version) {
  if (daemon_version.empty() || daemon_version == M1OPT_VERSION) return;
  complain(context, fmt::format("warning: this is m1optctl {}, the daemon is {}. Bring them "
                                "together: sudo m1optctl restart",
                                M1OPT_VERSION, daemon_version));
}

void print_document(const Document& document) {
  std::fwrite(document.text.data(), 1, document.text.size(), stdout);
  if (!document.text.ends_with('\n')) std::fputc('\n', stdout);
}

std::string escape_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

}  // namespace m1opt::client
