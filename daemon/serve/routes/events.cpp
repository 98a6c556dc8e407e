#include <fmt/format.h>

#include <algorithm>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <optional>

#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/nearest.h"

namespace m1opt::serve {

namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kLargestLimit = 1000;

std::optional<std::size_t> parse_limit(std::string_view text) {
  if (text.empty()) return kDefaultLimit;
  std::size_t limit = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (limit < 1 || limit > kLargestLimit) return std::nullopt;
  return limit;
}

Reply bad_kind(std::string_view kind) {
  std::vector<std::string> known;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<EventKind>>(
      [&](auto row) { known.emplace_back(row.name); });
  return problem_reply(wire::make_problem(
      wire::ProblemCode::unprocessable,
      fmt::format("\"{:.40}\" is no kind of event{}", kind, wire::did_you_mean(kind, known)),
      fmt::format("Kinds: {}", fmt::join(known, ", "))));
}

}  // namespace

Reply get_events(const Call& call) {
  const auto limit = parse_limit(call.query_value("limit"));
  if (!limit) {
    return problem_reply(
        wire::make_problem(wire::ProblemCode::unprocessable,
                           fmt::format("limit is no number from 1 to {}", kLargestLimit)));
  }
  const std::string kind(call.query_value("kind"));
  EventKind wanted{};
  if (!kind.empty() && !boost::describe::enum_from_string(kind.c_str(), wanted)) {
    return bad_kind(kind);
  }
  const std::string after(call.query_value("after"));
  std::vector<Event> events = call.backend.events_after(after, kAllEvents);
  if (!kind.empty()) {
    std::erase_if(events, [&](const Event& event) { return event.kind != wanted; });
  }
  if (events.size() > *limit) {
    // After an id the next ones, so that nothing is skipped; otherwise the latest.
    if (after.empty()) {
      events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(*limit));
    } else {
      events.resize(*limit);
    }
  }
  wire::EventsDocument document;
  document.next = events.empty() ? after : events.back().id;
  document.events = std::move(events);
  return json_reply(wire::encode(document));
}

}  // namespace m1opt::serve
