#include "wire/json_source.h"

#include <tuple>

#include "support/catch.h"

using namespace m1opt::wire;

namespace {

constexpr const char* kText = R"({
  // "rules": a comment that looks like a key
  "api": {"read": "everyone" /* , "x": 1 */},
  "rules": [
    {"name": "one", "all": [1, [2, 3], {"k": "}]"}]},
    {"name": "two", "odd.key": true},
  ],
})";

std::string place(const std::string& path, bool key = false) {
  const Found found = locate(kText, path);
  const Position at = position_at(kText, key ? found.key : found.value);
  return std::to_string(at.line) + ":" + std::to_string(at.column) + (found.exact ? "" : "~");
}

}  // namespace

TEST_CASE("a path leads to its line and column through comments and nesting") {
  CHECK(place("$") == "1:1");
  CHECK(place("$.api.read") == "3:19");
  CHECK(place("$.api.read", true) == "3:11");
  CHECK(place("$.rules[0].all[1][1]") == "5:36");
  CHECK(place("$.rules[0].all[2].k") == "5:46");
  CHECK(place("$.rules[1].name") == "6:14");
  CHECK(place("$.rules[1][\"odd.key\"]", true) == "6:21");
}

TEST_CASE("a path that is not in the text leads to the nearest outer value") {
  CHECK(place("$.rules[1].enter") == "6:5~");
  CHECK(place("$.rules[7]") == "4:12~");
  CHECK(place("$.none.deeper[3]") == "1:1~");
}

TEST_CASE("columns count characters and not bytes") {
  const std::string text = "{\"\xC3\xA4\xE2\x82\xAC\": 1}";
  CHECK(position_at(text, text.find('1')) == Position{1, 8});
}

TEST_CASE("a syntax error says where") {
  const auto error = [](const std::string& text) {
    const auto parsed = parse_source(text, {});
    REQUIRE(parsed.has_error());
    return std::to_string(parsed.error().at.line) + ":" + std::to_string(parsed.error().at.column) +
           " " + parsed.error().text;
  };
  CHECK(error("{\"a\": 1,\n \"b\": tru }") == "2:7 syntax error at: tru }");
  CHECK(error("{\"a\": [1,\n2") == "2:2 it ends too early: is it cut off?");
  CHECK(error("") == "1:1 it is empty");
  CHECK(error("{} x") == "1:4 more text after the end of the document: x");
}

TEST_CASE("a key that is given twice in one object is found") {
  CHECK_FALSE(find_duplicate_key(kText));
  const std::string text = "{\"a\": {\"x\": 1},\n \"b\": [{\"x\": 1}, {\"y\": 1, \"y\": 2}]}";
  const auto twice = find_duplicate_key(text);
  REQUIRE(twice);
  CHECK(twice->path == "$.b[1].y");
  CHECK(position_at(text, twice->offset) == Position{2, 27});
  CHECK(find_duplicate_key(R"({"a":1,"\u0061":2})"));
}

TEST_CASE("locating in any cut of a text ends and stays inside it") {
  const std::string whole = kText;
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    const std::string cut = whole.substr(0, n);
    const Found found = locate(cut, "$.rules[1].name");
    CHECK(found.value <= cut.size());
    find_duplicate_key(cut);
  }
}

TEST_CASE("a fault in a comment has a place") {
  boost::json::parse_options options;
  options.allow_comments = true;
  for (const auto& [text, line, column] :
       {std::tuple("{\n \"api\": / 1}", 2, 10), std::tuple("/ x {}", 1, 2), std::tuple("{} / x", 1, 5),
        std::tuple("{/*", 1, 4), std::tuple("/", 1, 2), std::tuple("*/", 1, 1)}) {
    INFO(text);
    const auto parsed = parse_source(text, options);
    REQUIRE_FALSE(parsed);
    CHECK(int(parsed.error().at.line) == line);
    CHECK(int(parsed.error().at.column) == column);
    CHECK_FALSE(parsed.error().text.empty());
  }
}
