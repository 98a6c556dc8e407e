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
constexpr std::size_t kLatest = 100;
constexpr std::size_t kPage = 1000;  ///< the API's limit
constexpr std::chrono::seconds kRetryTime{1};
/// The daemon writes at least a comment that often; a silent one is gone or hangs.
constexpr std::chrono::seconds kSilence{60};

struct View {
  const Context& context;
  bool json;
  std::string since;  ///< RFC 3339; empty: only the latest

  /// `text` is the event as it came.
  void show(const boost::json::value& event, std::string_view text) const {
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

/// Those since then, a page after the other; nothing when `show_page` has said no.
template <class ShowPage>
Expected<Document> every_page(const View& view, ShowPage show_page) {
  std::string after;
  while (true) {
    auto page = ask(view.context, {"GET", fmt::format("/v1/events?since={}&limit={}{}", view.since, kPage,
                                                      after.empty() ? "" : "&after=" + escape_segment(after))});
    if (!page) return page;
    show_page(*page, after.empty());
    std::string next = text_at(page->value, "next");
    if (list_at(page->value, "events").empty() || next.empty() || next == after) return page;
    after = std::move(next);
  }
}

/// Shows what there is already; the last document of it.
Expected<Document> show_known(const View& view, std::size_t latest) {
  const auto show_events = [&view](const Document& document) {
    for (const auto& event : list_at(document.value, "events")) view.show(event, wire::to_text(event));
  };
  if (!view.since.empty()) {
    return every_page(view, [&](const Document& page, bool) { show_events(page); });
  }
  auto document = recent(view.context, latest);
  if (document) show_events(*document);
  return document;
}

/// The latest, then as they happen, over a restart of the daemon too, until it
/// is interrupted.
int follow(const View& view) {
  const auto document = show_known(view, kRecent);
  if (!document) return report(view.context, document.error());
  std::fflush(stdout);
  EventStream stream(text_at(document->value, "next"));
  while (true) {
    const Failure failure = follow_once(view, stream);
    if (failure.exit_status == exit_code::kNotPermitted) return report(view.context, failure);
    std::this_thread::sleep_for(kRetryTime);
  }
}

/// Documents unchanged; more than one only when there are more events than one may hold.
int list_documents(const View& view) {
  const auto show = [](const Document& page, bool first) {
    if (first || !list_at(page.value, "events").empty()) print_document(page);
  };
  const auto last = view.since.empty() ? recent(view.context, kLatest) : every_page(view, show);
  if (!last) return report(view.context, last.error());
  if (view.since.empty()) print_document(*last);
  return exit_code::kOk;
}

int list(const View& view) {
  if (view.json) return list_documents(view);
  const auto document = show_known(view, kLatest);
  return document ? exit_code::kOk : report(view.context, document.error());
}

}  // namespace

int run_events(Context& context, Arguments& arguments) {
  bool follow_on = false;
  bool json = false;
  std::string since_text;
  arguments.flag("--follow", follow_on, "Go on as they happen, over a restart of the daemon too")
      .option("--since", since_text, "8h", "All of the last 45s, 30m, 8h, 2d, of earlier runs of the daemon too")
      .flag("--json", json, "The API's document unchanged; with --follow one event a line");
  if (const auto status = arguments.parse(context)) return *status;
  std::string since;
  if (!since_text.empty()) {
    const auto seconds = parse_duration(since_text);
    if (!seconds) return report(context, seconds.error());
    since = time_before(*seconds);
  }
  const View view{context, json, since};
  return follow_on ? follow(view) : list(view);
}

}  // namespace m1opt::client
