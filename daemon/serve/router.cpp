#include "serve/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "wire/encode.h"
#include "wire/nearest.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

std::string_view take_segment(std::string_view& path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// The parameters of `path` when it is of the form of `pattern`.
std::optional<Values> match_path(std::string_view pattern, std::string_view path) {
  Values values;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view want = take_segment(pattern);
    const std::string_view have = take_segment(path);
    if (want.starts_with('{')) {
      std::string value;
      if (have.empty() || !decode_percent(have, value)) return std::nullopt;
      values.emplace(want.substr(1, want.size() - 2), std::move(value));
    } else if (want != have) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return values;
}

boost::system::result<Values, Refusal> parse_query(const Route& route, std::string_view text) {
  Values values;
  std::vector<std::string> known;
  for (const QueryParameter& row : route.query) known.push_back(row.name);
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name;
    std::string value;
    if (!decode_percent(pair.substr(0, equals), name) ||
        !decode_percent(pair.substr(std::min(equals + 1, pair.size())), value)) {
      return Refusal{make_problem(ProblemCode::unknown_query, "The query has a broken % escape")};
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Refusal{make_problem(ProblemCode::unknown_query,
                                  fmt::format("unknown query parameter \"{:.40}\"{}", name,
                                              wire::did_you_mean(name, known)),
                                  known.empty()
                                      ? "This path takes none"
                                      : fmt::format("Known here: {}", fmt::join(known, ", ")))};
    }
    if (!values.emplace(name, std::move(value)).second) {
      return Refusal{make_problem(ProblemCode::unknown_query,
                                  fmt::format("query parameter \"{}\" is given twice", name))};
    }
  }
  return values;
}

Refusal unknown_path(const std::vector<Route>& table, std::string_view path) {
  std::vector<std::string> known;
  for (const Route& route : table) known.push_back(route.path);
  return {make_problem(ProblemCode::unknown_route,
                       fmt::format("There is no {:.80}{}", path, wire::did_you_mean(path, known)),
                       fmt::format("Paths: {}", fmt::join(known, " ")))};
}

}  // namespace

bool decode_percent(std::string_view text, std::string& into) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  into.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      into += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int value = digit(text[i + 1]) * 16 + digit(text[i + 2]);
    if (digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0 || value == 0) return false;
    into += static_cast<char>(value);
    i += 2;
  }
  return true;
}

boost::system::result<Match, Refusal> find_route(const std::vector<Route>& table,
                                                 std::string_view method, std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  std::string allow;
  for (const Route& route : table) {
    auto parameters = match_path(route.path, path);
    if (!parameters) continue;
    const std::string own = wire::enum_word(route.method);
    if (own != method) {
      allow += (allow.empty() ? "" : ", ") + own;
      continue;
    }
    auto values = parse_query(route, query);
    if (!values) return values.error();
    return Match{&route, *std::move(parameters), *std::move(values)};
  }
  if (allow.empty()) return unknown_path(table, path);
  return Refusal{make_problem(ProblemCode::method_not_allowed,
                              fmt::format("{:.40} does not take {:.20}", path, method),
                              fmt::format("It takes {}", allow)),
                 allow};
}

boost::system::result<bool, wire::ProblemDocument> is_dry_run(const Call& call) {
  const std::string_view value = call.query_value("dry_run");
  if (value == "true") return true;
  if (value == "false" || (value.empty() && !call.query.contains("dry_run"))) return false;
  return make_problem(ProblemCode::unknown_query,
                      fmt::format("dry_run is \"{:.40}\", which is neither true nor false", value));
}

}  // namespace m1opt::serve
