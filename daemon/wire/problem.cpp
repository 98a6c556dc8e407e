#include "wire/problem.h"

#include "wire/encode.h"

namespace m1opt::wire {

namespace {

struct Row {
  int status;
  const char* title;
};

Row row_of(ProblemCode code) {
  switch (code) {
    case ProblemCode::bad_request: return {400, "The request is not valid"};
    case ProblemCode::bad_json: return {400, "The body is not JSON"};
    case ProblemCode::unknown_key: return {400, "The body has an unknown key"};
    case ProblemCode::unknown_query: return {400, "The query has an unknown or wrong parameter"};
    case ProblemCode::forbidden: return {403, "Not permitted"};
    case ProblemCode::refused: return {403, "Refused for safety"};
    case ProblemCode::unknown_route: return {404, "No such path"};
    case ProblemCode::not_found: return {404, "Not found"};
    case ProblemCode::method_not_allowed: return {405, "Wrong method for this path"};
    case ProblemCode::request_timeout: return {408, "The request took too long to arrive"};
    case ProblemCode::conflict: return {409, "Not possible in this state"};
    case ProblemCode::sysroot: return {409, "This daemon only looks at a copy of a machine"};
    case ProblemCode::body_too_large: return {413, "The body is too large"};
    case ProblemCode::unprocessable: return {422, "A value is out of its range"};
    case ProblemCode::config_invalid: return {422, "The configuration is not valid"};
    case ProblemCode::header_too_large: return {431, "The header is too large"};
    case ProblemCode::internal: return {500, "A fault in the daemon"};
    case ProblemCode::failed: return {500, "It was tried and failed"};
    case ProblemCode::busy: return {503, "Too much at once"};
    case ProblemCode::starting: return {503, "The daemon has taken no sample yet"};
    case ProblemCode::timed_out: return {504, "No answer in time"};
  }
  return {500, "A fault in the daemon"};
}

}  // namespace

int status_of(ProblemCode code) { return row_of(code).status; }

ProblemDocument make_problem(ProblemCode code, std::string detail, std::string hint) {
  const Row row = row_of(code);
  const std::string word = enum_word(code);
  return {"urn:m1opt:problem:" + word, row.title,      row.status, word,
          std::move(detail),           std::move(hint)};
}

}  // namespace m1opt::wire
