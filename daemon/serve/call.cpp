#include "serve/call.h"

#include "wire/encode.h"
#include "wire/text.h"

namespace m1opt::serve {

namespace {

std::string_view value_in(const std::map<std::string, std::string, std::less<>>& map,
                          std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

Reply problem_reply(const wire::ProblemDocument& problem) {
  return {problem.status, "application/problem+json", wire::to_text(wire::encode(problem))};
}

Reply json_reply(const boost::json::value& document, int status) {
  return {status, "application/json", wire::to_text(document)};
}

std::string_view Call::parameter(std::string_view name) const { return value_in(parameters, name); }
std::string_view Call::query_value(std::string_view name) const { return value_in(query, name); }

}  // namespace m1opt::serve
