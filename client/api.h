#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "client/connection.h"
#include "client/context.h"

namespace m1opt::client {

inline constexpr std::chrono::milliseconds kAnswerTime{5000};

/// An answer of the API: as received, and parsed.
struct Document {
  std::string text;
  boost::json::value value;
};

/// Connects; when nobody listens, the failure carries the reason that a daemon
/// which refused to start left in the state directory.
Expected<Connection> connect(const Context& context,
                             std::chrono::milliseconds timeout = kAnswerTime);

/// One request and its answer. A problem document becomes a Failure with its
/// detail and hint; without an answer that can be read it is `unanswered`. Another version of the daemon is a warning on standard error.
Expected<Document> ask(const Context& context, const Request& request,
                       std::chrono::milliseconds timeout = kAnswerTime);

Failure failure_of(const Response& response);
void warn_of_other_version(const Context& context, std::string_view daemon_version);

/// The document unchanged, closed by a line feed.
void print_document(const Document& document);

/// Escapes what may not stand in a path segment of a request.
std::string escape_segment(std::string_view text);

}  // namespace m1opt::client
