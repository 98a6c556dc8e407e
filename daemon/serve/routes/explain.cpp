#include <fmt/format.h>

#include <charconv>

#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/nearest.h"

namespace m1opt::serve {

namespace {

template <class Row>
std::vector<std::string> names_of(const std::vector<Row>& rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.name);
  return names;
}

Reply reply_of(const std::optional<wire::ExplainDocument>& document, std::string_view what,
               std::string_view subject, const std::vector<std::string>& known) {
  if (document) return json_reply(wire::encode(*document));
  return problem_reply(wire::make_problem(
      wire::ProblemCode::not_found,
      fmt::format("There is no {} \"{:.80}\"{}", what, subject, wire::did_you_mean(subject, known)),
      known.empty() ? "GET /v1/events?since=TIME lists those that are still kept"
                    : fmt::format("Known: {}", fmt::join(known, ", "))));
}

}  // namespace

/// What is no longer in memory may be on the disk.
FetchPlan fetch_explain_event(const Call& call) {
  std::string id(call.parameter("id"));
  const auto events = call.backend.events_after("", kAllEvents);
  if (const auto document = wire::explain_event(id, *call.snapshot, events)) {
    return json_reply(wire::encode(*document));
  }
  return [id = std::move(id), snapshot = call.snapshot, &backend = call.backend](Archive& archive) {
    auto kept = archive.history().event(id);
    if (!kept) {
      return Fetched{problem_reply(wire::make_problem(wire::ProblemCode::failed, kept.error().what))};
    }
    auto known = backend.events_after("", kAllEvents);
    if (*kept) known.insert(known.begin(), **kept);
    return Fetched{reply_of(wire::explain_event(id, *snapshot, known), "event", id, {})};
  };
}

Reply get_explain_target(const Call& call) {
  const std::string name(call.parameter("name"));
  const auto events = call.backend.events_after("", kAllEvents);
  return reply_of(wire::explain_target(name, *call.snapshot, events), "target", name,
                  names_of(call.snapshot->targets));
}

Reply get_explain_rule(const Call& call) {
  const std::string name(call.parameter("name"));
  const auto events = call.backend.events_after("", kAllEvents);
  return reply_of(wire::explain_rule(name, *call.snapshot, events), "rule", name,
                  names_of(call.snapshot->rules));
}

Reply get_explain_process(const Call& call) {
  const std::string_view text = call.parameter("pid");
  std::int32_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size() || pid <= 0) {
    return problem_reply(wire::make_problem(wire::ProblemCode::not_found,
                                            fmt::format("\"{:.40}\" is no process id", text)));
  }
  const auto process = call.options.describe_process(pid);
  if (!process) {
    return problem_reply(wire::make_problem(wire::ProblemCode::not_found,
                                            fmt::format("There is no process {}", pid)));
  }
  const auto events = call.backend.events_after("", kAllEvents);
  return json_reply(wire::encode(wire::explain_process(*process, *call.snapshot, events)));
}

}  // namespace m1opt::serve
