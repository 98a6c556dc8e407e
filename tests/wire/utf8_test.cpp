#include "wire/utf8.h"

#include <boost/json/parse.hpp>

#include "support/catch.h"
#include "wire/text.h"

using m1opt::wire::is_utf8;
using m1opt::wire::to_utf8;

TEST_CASE("characters of every length are UTF-8, from the first to the last of each") {
  for (const char* text : {"", "m1opt", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    INFO(text);
    CHECK(is_utf8(text));
    CHECK(to_utf8(text) == text);
  }
}

TEST_CASE("what is no UTF-8 gets a sign for each byte in its place") {
  const std::string sign = "\xef\xbf\xbd";
  CHECK(to_utf8("a\xff z") == "a" + sign + " z");
  CHECK(to_utf8("\xc0\xaf") == sign + sign);              // overlong
  CHECK(to_utf8("\xe0\x80\x80") == sign + sign + sign);   // overlong
  CHECK(to_utf8("\xed\xa0\x80") == sign + sign + sign);   // a surrogate
  CHECK(to_utf8("\xf4\x90\x80\x80") == sign + sign + sign + sign);  // above U+10FFFF
  CHECK(to_utf8("\xe2\x82") == sign + sign);              // cut off
  CHECK(to_utf8("\xe2\x82z") == sign + sign + "z");
}

TEST_CASE("a document is UTF-8 whatever its strings are") {
  const boost::json::value value{{"name", "caf\xe9 \"x\""}};
  const std::string text = m1opt::wire::to_text(value);
  CHECK(text == "{\"name\":\"caf\xef\xbf\xbd \\\"x\\\"\"}");
  CHECK(boost::json::parse(text).is_object());
}
