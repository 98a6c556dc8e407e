#include "wire/requests.h"

#include <fmt/format.h>

#include "wire/json_source.h"
#include "wire/profiles.h"
#include "wire/text.h"

namespace m1opt::wire {

using namespace m1opt::model;
using namespace std::chrono_literals;

namespace {

constexpr Duration kLongestPause = 7 * 24h;
constexpr Duration kShortestSuspend = 1s;
constexpr Duration kLongestSuspend = 600s;
constexpr Duration kDefaultSuspend = 60s;

/// Both or neither of pid and start, and pid above zero.
RequestResult<std::optional<ProcessId>> process_of(std::optional<std::int32_t> pid,
                                                   std::optional<std::uint64_t> start) {
  if (!pid && !start) return std::optional<ProcessId>();
  if (!pid || !start) {
    return make_problem(ProblemCode::bad_request, "A process is named by pid and start together",
                        "A pid alone may be another process by now; take both from /v1/targets");
  }
  if (*pid <= 0) {
    return make_problem(ProblemCode::unprocessable, fmt::format("$.pid: {} is no process", *pid));
  }
  return std::optional(ProcessId{*pid, *start});
}

}  // namespace

RequestResult<boost::json::value> parse_body(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return boost::json::value(boost::json::object());
  }
  auto parsed = parse_json(body);
  if (!parsed) return make_problem(ProblemCode::bad_json, parsed.error().what, "Send one JSON object");
  if (const auto twice = find_duplicate_key(body)) {
    const Position at = position_at(body, twice->offset);
    return make_problem(ProblemCode::bad_json,
                        fmt::format("line {}, column {}: {} is given twice", at.line, at.column, twice->path),
                        "Send each key once");
  }
  return *std::move(parsed);
}

ProblemDocument problem_of(const std::vector<Fault>& faults) {
  std::string detail;
  bool is_key = false;
  for (const Fault& fault : faults) {
    if (!detail.empty()) detail += "; ";
    detail += fault.path + ": " + fault.text;
    is_key = is_key || fault.at_key;
  }
  return make_problem(is_key ? ProblemCode::unknown_key : ProblemCode::bad_request, detail,
                      "GET /v1/openapi.json lists what each request takes");
}

RequestResult<PauseCommand> pause_command(std::string_view body) {
  const auto request = parse_request<PauseRequest>(body);
  if (!request) return request.error();
  if (request->for_ && request->until_unpause) {
    return make_problem(ProblemCode::unprocessable, "for_s and until_unpause exclude each other",
                        "Send one of them");
  }
  if (request->for_ && (*request->for_ <= 0s || *request->for_ > kLongestPause)) {
    return make_problem(ProblemCode::unprocessable,
                        fmt::format("$.for_s: {} is out of range", seconds_of(*request->for_)),
                        "More than 0 and at most 604800 (7 days), or until_unpause");
  }
  return PauseCommand{request->for_, request->until_unpause};
}

RequestResult<SuspendCommand> suspend_command(std::string_view body) {
  const auto request = parse_request<SuspendRequest>(body);
  if (!request) return request.error();
  const auto process = process_of(request->pid, request->start);
  if (!process) return process.error();
  const bool named = request->name && !request->name->empty();
  if (named == process->has_value()) {
    return make_problem(ProblemCode::bad_request, "Either name or pid and start must be given",
                        "GET /v1/targets lists the names");
  }
  const Duration duration = request->for_.value_or(kDefaultSuspend);
  if (duration < kShortestSuspend || duration > kLongestSuspend) {
    return make_problem(ProblemCode::unprocessable,
                        fmt::format("$.for_s: {} is out of range 1 to 600", seconds_of(duration)),
                        "Nothing is ever suspended for more than 10 minutes in one go");
  }
  return SuspendCommand{named ? *request->name : "", *process, duration};
}

RequestResult<ResumeCommand> resume_command(std::string_view body) {
  const auto request = parse_request<ResumeRequest>(body);
  if (!request) return request.error();
  const auto process = process_of(request->pid, request->start);
  if (!process) return process.error();
  const bool named = request->name && !request->name->empty();
  if (int(request->all) + int(named) + int(process->has_value()) != 1) {
    return make_problem(ProblemCode::bad_request,
                        "Exactly one of all, name, or pid and start must be given",
                        "GET /v1/status lists what is held");
  }
  return ResumeCommand{request->all, named ? *request->name : "", *process};
}

RequestResult<LeaseBeginCommand> lease_command(std::string_view body) {
  const auto request = parse_request<LeaseRequest>(body);
  if (!request) return request.error();
  const auto process = process_of(request->pid, request->start);
  if (!process) return process.error();
  if (!*process) {
    return make_problem(ProblemCode::bad_request, "pid and start must be given",
                        "start is field 22 of /proc/PID/stat on Linux");
  }
  return LeaseBeginCommand{**process, fmt::format("run:{}", (*process)->pid)};
}

RequestResult<ProfileCommand> profile_command(std::string_view body) {
  const auto request = parse_request<ProfileRequest>(body);
  if (!request) return request.error();
  if (!request->name) {
    return make_problem(ProblemCode::bad_request, "name must be given",
                        "GET /v1/profiles lists the names; auto, none and config are others");
  }
  if (*request->name == "config") return ProfileCommand{*request->name};
  if (const auto fault = find_choice_fault(*request->name)) {
    return make_problem(ProblemCode::unprocessable, "$.name: " + *fault,
                        "GET /v1/profiles lists the names; auto, none and config are others, and + "
                        "joins several");
  }
  return ProfileCommand{translate_choice(*request->name)};
}

}  // namespace m1opt::wire
