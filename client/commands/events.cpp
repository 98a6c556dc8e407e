#include <fmt/format.h>

#include <cstdio>
#include <thread>

#include "client/amount.h"
#include "client/api.h"
#include "client/commands/all.h"
#include "client/event_stream.h"
#include "client/json_view.h"
#include "client/render/event.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

using std::chrono::system_clock;

constexpr std::size_t kRecent = 10;  ///< shown before following
constexpr std::size_t kPage = 100;
constexpr std::size_t kMost = 1000;  ///< the API's limit
constexpr std::chrono::seconds kRetryTime{1};
/// The daemon writes at least a comment that often; a silent one is gone or hangs.
constexpr std::chrono::seconds kSilence{60};

bool is_since(const boost::json::value& event, system_clock::time_point since) {
  const auto time = render::parse_rfc3339(text_at(event, "time"));
  return !time || *time >= since;
}

struct View {
  const Context& context;
  bool json;
  system_clock::time_point since;

  /// `text` is the event as it came.
  void show(const boost::json::value& event, std::string_view text) const {
    if (!is_since(event, since)) return;
    if (json) {
      print_document({std::string(text), {}});
    } else {
      print(context, render::render_event(event, context.style, system_clock::now()));
    }
  }

  void show_streamed(std::string_view data) const {
    boost::system::error_code error;
    const boost::json::value event = boost::json::parse(data, error);
    if (error) return;
    show(event, data);
    std::fflush(stdout);
  }
};

Expected<Document> recent(const Context& context, std::size_t limit) {
  return ask(context, {"GET", fmt::format("/v1/events?limit={}", limit)});
}

/// Until the stream ends; the failure says why.
Failure follow_once(const View& view, EventStream& stream) {
  auto connection = connect(view.context);
  if (!connection) return connection.error();
  const auto head = connection->start({"GET", "/v1/events/stream", {}, stream.last_id()});
  if (!head) return head.error();
  if (head->status >= 300) return failure_of(*head);
  const auto show = [&view](std::string_view data) { view.show_streamed(data); };
  stream.feed(head->body, show);
  auto heard = std::chrono::steady_clock::now();
  while (!connection->ended()) {
    const auto piece = connection->read_piece(kSilence);
    if (!piece) return piece.error();
    const auto now = std::chrono::steady_clock::now();
    if (!piece->empty()) heard = now;
    if (now - heard >= kSilence) break;
    stream.feed(*piece, show);
  }
  return {exit_code::kFailure, "the event stream ended", ""};
}

/// The latest, then as they happen, over a restart of the daemon too, until it
/// is interrupted.
int follow(const View& view) {
  const bool all = view.since != system_clock::time_point{};
  const auto document = recent(view.context, all ? kMost : kRecent);
  if (!document) return report(view.context, document.error());
  for (const auto& event : list_at(document->value, "events")) {
    view.show(event, wire::to_text(event));
  }
  std::fflush(stdout);
  EventStream stream(text_at(document->value, "next"));
  while (true) {
    const Failure failure = follow_once(view, stream);
    if (failure.exit_status == exit_code::kNotPermitted) return report(view.context, failure);
    std::this_thread::sleep_for(kRetryTime);
  }
}

int list(const View& view) {
  const bool all = view.since != system_clock::time_point{};
  const auto document = recent(view.context, all ? kMost : kPage);
  if (!document) return report(view.context, document.error());
  if (view.json) {
    print_document(*document);
    return exit_code::kOk;
  }
  const auto& events = list_at(document->value, "events");
  if (all && events.size() == kMost && is_since(events.front(), view.since)) {
    complain(view.context, fmt::format("only the latest {} events are shown", kMost));
  }
  for (const auto& event : events) view.show(event, {});
  return exit_code::kOk;
}

}  // namespace

int run_events(Context& context, Arguments& arguments) {
  bool follow_on = false;
  bool json = false;
  std::string since_text;
  arguments.flag("--follow", follow_on, "Go on as they happen, over a restart of the daemon too")
      .option("--since", since_text, "8h", "Only events of the last 45s, 30m, 8h, 2d")
      .flag("--json", json, "The API's document unchanged; with --follow one event a line");
  if (const auto status = arguments.parse(context)) return *status;
  system_clock::time_point since{};
  if (!since_text.empty()) {
    const auto seconds = parse_duration(since_text);
    if (!seconds) return report(context, seconds.error());
    since = system_clock::now() - std::chrono::duration_cast<system_clock::duration>(
                                      std::chrono::duration<double>(*seconds));
  }
  const View view{context, json, since};
  return follow_on ? follow(view) : list(view);
}

}  // namespace m1opt::client
