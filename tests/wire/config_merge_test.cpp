#include "wire/config_merge.h"

#include "support/catch.h"
#include "wire/text.h"

using namespace m1opt;

namespace {

boost::json::value parsed(const char* text) { return wire::parse_json(text).value(); }

constexpr const char* kShipped =
    R"({"limits":{"a":1,"b":2},"rules":[{"name":"x","n":1,"any":[1]},{"name":"y","n":1}]})";

/// A profile over a user's file.
std::string laid(const char* own, const char* profile) {
  return wire::to_text(wire::merge_profile(parsed(own), parsed(own), parsed(kShipped), parsed(profile)));
}

}  // namespace

TEST_CASE("a profile changes what a file has as it was shipped, or leaves out") {
  CHECK(laid(R"({"limits":{"a":1}})", R"({"limits":{"a":5,"b":6}})") == R"({"limits":{"a":5,"b":6}})");
  CHECK(laid("{}", R"({"limits":{"a":5}})") == R"({"limits":{"a":5}})");
  CHECK(laid(R"({"limits":{"a":1.0}})", R"({"limits":{"a":5}})") == R"({"limits":{"a":5}})");
}

TEST_CASE("what was changed by hand in the file stays as it is") {
  CHECK(laid(R"({"limits":{"a":3,"b":2}})", R"({"limits":{"a":5,"b":6}})") ==
        R"({"limits":{"a":3,"b":6}})");
  CHECK(laid(R"({"rules":[{"name":"x","n":9,"any":[1]}]})",
             R"({"rules":[{"name":"x","n":5,"any":[7]}]})") ==
        R"({"rules":[{"name":"x","n":9,"any":[7]}]})");
}

TEST_CASE("a row that was taken out stays out, and a row of the profile's own comes to the end") {
  CHECK(laid(R"({"rules":[{"name":"y","n":1}]})",
             R"({"rules":[{"name":"x","n":5},{"name":"new","n":1}]})") ==
        R"({"rules":[{"name":"y","n":1},{"name":"new","n":1}]})");
}

TEST_CASE("a row of the user's own is the user's, even if a profile has one of that name") {
  CHECK(laid(R"({"rules":[{"name":"new","n":1}]})", R"({"rules":[{"name":"new","n":5}]})") ==
        R"({"rules":[{"name":"new","n":1}]})");
}
