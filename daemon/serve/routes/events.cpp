#include <fmt/format.h>

#include <algorithm>
#include <boost/mp11/algorithm.hpp>
#include <optional>

#include "serve/query.h"
#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/nearest.h"
#include "wire/text.h"

namespace m1opt::serve {

namespace {

constexpr std::int64_t kDefaultLimit = 100;
constexpr std::int64_t kLargestLimit = 1000;

/// Below kLargestPiece, with what stands around them.
constexpr std::size_t kMostText = kLargestPiece - 8 * 1024;

Reply bad_kind(std::string_view kind) {
  std::vector<std::string> known;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<EventKind>>(
      [&](auto row) { known.emplace_back(row.name); });
  return problem_reply(wire::make_problem(
      wire::ProblemCode::unprocessable,
      fmt::format("\"{:.40}\" is no kind of event{}", kind, wire::did_you_mean(kind, known)),
      fmt::format("Kinds: {}", fmt::join(known, ", "))));
}

using Wanted = std::optional<EventKind>;

Reply events_reply(std::vector<Event> events, std::string_view after) {
  wire::EventsDocument document;
  document.next = events.empty() ? after : events.back().id;
  document.events = std::move(events);
  return json_reply(wire::encode(document));
}

/// What is in memory: after an id the next ones, so that nothing is skipped; otherwise the latest.
Reply latest(const Call& call, const Wanted& kind, std::size_t limit) {
  const std::string after(call.query_value("after"));
  std::vector<Event> events = call.backend.events_after(after, kAllEvents);
  if (kind) std::erase_if(events, [&](const Event& event) { return event.kind != *kind; });
  if (events.size() > limit && after.empty()) {
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit));
  }
  if (events.size() > limit) events.resize(limit);
  return events_reply(std::move(events), after);
}

bool has(const std::vector<Event>& events, std::string_view id) {
  return std::any_of(events.begin(), events.end(), [&](const Event& event) { return event.id == id; });
}

void fit_in_a_piece(std::vector<Event>& events) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    size += wire::to_text(wire::encode(events[i])).size() + 1;
    if (size > kMostText && i > 0) return events.resize(i);
  }
}

/// What is on the disk, then what is only in memory yet. What is in memory is later.
Fetched kept_and_recent(Archive& archive, Backend& backend, const EventsQuery& query) {
  std::vector<Event> recent = backend.events_after("", kAllEvents);
  std::vector<Event> found;
  if (query.after.empty() || !has(recent, query.after)) {
    auto kept = archive.history().events(query);
    if (!kept) return {problem_reply(wire::make_problem(wire::ProblemCode::failed, kept.error().what))};
    found = std::move(*kept);
  } else {
    recent = backend.events_after(query.after, kAllEvents);
  }
  for (Event& event : recent) {
    if (found.size() >= query.limit) break;
    if (event.time < query.since || (query.kind && event.kind != *query.kind) || has(found, event.id)) continue;
    found.push_back(std::move(event));
  }
  fit_in_a_piece(found);
  return {events_reply(std::move(found), query.after)};
}

}  // namespace

FetchPlan fetch_events(const Call& call) {
  const auto limit = whole_number(call, "limit", 1, kLargestLimit);
  if (!limit) return problem_reply(limit.error());
  const auto from = wall_time(call, "since");
  if (!from) return problem_reply(from.error());
  const std::string kind(call.query_value("kind"));
  EventKind wanted{};
  if (!kind.empty() && !boost::describe::enum_from_string(kind.c_str(), wanted)) return bad_kind(kind);
  const Wanted only = kind.empty() ? Wanted{} : Wanted{wanted};
  const auto most = static_cast<std::size_t>(limit->value_or(kDefaultLimit));
  if (!*from) return latest(call, only, most);
  const EventsQuery query{**from, std::string(call.query_value("after")), only, most};
  return [&backend = call.backend, query](Archive& archive) { return kept_and_recent(archive, backend, query); };
}

}  // namespace m1opt::serve
