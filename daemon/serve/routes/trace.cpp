#include <fmt/format.h>

#include "serve/routes.h"
#include "wire/decode.h"

namespace m1opt::serve {

namespace {

Fetched next_part(const TraceText& text) {
  auto part = text();
  if (!part) {
    return {problem_reply(wire::make_problem(wire::ProblemCode::failed, part.error().what, "Try again"))};
  }
  Fetched fetched;
  fetched.reply.content_type = "application/x-ndjson";
  if (!part->empty()) fetched.more = [text](Archive&) { return next_part(text); };
  fetched.reply.body = *std::move(part);
  return fetched;
}

}  // namespace

FetchPlan fetch_trace(const Call& call) {
  const std::string_view text = call.query_value("since");
  const auto since = text.empty() ? WallTime{} : wire::parse_rfc3339(text);
  if (!since) {
    return problem_reply(wire::make_problem(wire::ProblemCode::unprocessable,
                                            fmt::format("since: \"{:.40}\" is no time", text),
                                            "Give a time like 2026-08-01T10:11:12Z"));
  }
  return [from = *since](Archive& archive) { return next_part(archive.trace().read(from)); };
}

}  // namespace m1opt::serve
