// A connection's bytes: the parser with the server's limits, the route, and what its handler makes
// of query, path and body.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdlib>
#include <string>

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "serve/fake_backend.h"
#include "serve/message_length.h"
#include "serve/router.h"
#include "serve/routes.h"
#include "wire/text.h"

namespace m1opt::fuzz {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

void check_problem(const wire::ProblemDocument& problem) {
  require(problem.status >= 400 && problem.status < 600, "a refusal has a status of an error");
  require(!problem.code.empty(), "a refusal has a code");
  require(problem.detail.size() < 2000, "a refusal does not repeat the request");
}

void check_reply(const serve::Reply& reply) {
  require(reply.status >= 200 && reply.status < 600, "a reply has a status");
  for (const auto& [name, value] : reply.headers) {
    require(value.find_first_of("\r\n") == std::string::npos, "no header has a second line");
  }
}

/// A daemon that has one target and owns nothing.
struct Daemon {
  Daemon() {
    backend.change([](model::Snapshot& snapshot) {
      model::TargetStatus& row = snapshot.targets.emplace_back();
      row.name = "indexer";
      row.mode = model::TargetMode::suspend;
      row.processes.emplace_back().id = {4711, 99};
      snapshot.rules.emplace_back().name = "swap";
    });
    backend.add_event("a-1");
    options.process_owner = [](base::ProcessId) -> base::Result<std::uint32_t> {
      return base::Error{base::Errc::gone, 0, "no such process"};
    };
  }
  test::FakeBackend backend;
  serve::ServerOptions options;
  serve::DocumentCache documents;
  platform::PeerIdentity peer{501, 1, {20}};
};

void answer(const Parser::value_type& message) {
  static Daemon daemon;
  const std::string method(message.method_string());
  const std::string target(message.target());
  auto match = serve::find_route(serve::routes(), method, target);
  if (!match) return check_problem(match.error().problem);
  const std::string last_id(message["Last-Event-ID"]);
  const serve::Call call{method,
                         match->route->path,
                         std::move(match->parameters),
                         std::move(match->query),
                         message.body(),
                         last_id,
                         daemon.peer,
                         {true, true, true},
                         daemon.backend,
                         daemon.options,
                         daemon.documents,
                         daemon.backend.snapshot()};
  if (const auto* answer = std::get_if<serve::Answer>(&match->route->handler)) {
    check_reply((*answer)(call));
  } else if (const auto* prepare = std::get_if<serve::Prepare>(&match->route->handler)) {
    if (const auto dry = serve::is_dry_run(call); !dry) check_problem(dry.error());
    const auto prepared = (*prepare)(call);
    if (!prepared) return check_problem(prepared.error());
    if (const auto* suspend = std::get_if<model::SuspendCommand>(&prepared->body)) {
      require(!suspend->process || suspend->target == "indexer",
              "nobody suspends a process that is neither a target's nor his own");
    }
  } else if (const auto* fetch = std::get_if<serve::Fetch>(&match->route->handler)) {
    auto plan = (*fetch)(call);
    if (auto* reply = std::get_if<serve::Reply>(&plan)) return check_reply(*reply);
    test::FakeArchive archive;
    check_reply(std::get<serve::FetchWork>(plan)(archive).reply);
  } else if (std::get<serve::Special>(match->route->handler) == serve::Special::lease) {
    require(!serve::prepare_lease(call), "nobody leases a process that is not his own");
  }
}

}  // namespace

void http(std::string_view input) {
  static const serve::ServerOptions limits;
  std::size_t body = 0;
  while (!input.empty()) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_limit));
    parser.body_limit(limits.body_limit);
    boost::system::error_code error;
    bool clear = false;
    while (!parser.is_done() && !input.empty()) {
      parser.eager(parser.is_header_done());
      const std::size_t used = parser.put(boost::asio::buffer(input.data(), input.size()), error);
      input.remove_prefix(used);
      if (error || (used == 0 && !parser.is_header_done())) return;
      if (!clear && parser.is_header_done() && !serve::has_clear_length(parser.get().base())) return;
      clear = parser.is_header_done();
    }
    if (!parser.is_done()) return;
    body = parser.get().body().size();
    require(body <= limits.body_limit, "no body is above the limit");
    const auto length = parser.get().find(http::field::content_length);
    require(length == parser.get().end() ||
                std::strtoull(std::string(length->value()).c_str(), nullptr, 10) == body,
            "a body is as long as its only length says");
    answer(parser.get());
    if (!parser.keep_alive()) return;
  }
}

}  // namespace m1opt::fuzz
