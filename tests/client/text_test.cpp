#include "client/render/text.h"

#include "support/catch.h"

using namespace m1opt::client::render;

TEST_CASE("width counts characters, not bytes and not colours") {
  CHECK(text_width("abc") == 3);
  CHECK(text_width("54 \u00b0C") == 5);
  CHECK(text_width("\x1b[31;1mred\x1b[0m") == 3);
}

TEST_CASE("text is broken at blanks and keeps to its column") {
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("unbreakablyLongWord x", 5) == std::vector<std::string>{"unbreakablyLongWord", "x"});
  CHECK(wrap("no width given, no break", 0).size() == 1);
  CHECK(labelled("Label", 7, "one two three", 14) == "Label  one two\n       three\n");
}

TEST_CASE("nothing from outside can move the cursor") {
  CHECK(printable("a\x1b[2Jb") == "a?[2Jb");
  CHECK(printable("a\x9b"
                  "2Jb") == "a?2Jb");
  CHECK(printable("a\u009b"
                  "2Jb") == "a?2Jb");
  CHECK(printable("a\x9b\x9b\xc2") == "a???");
  CHECK(printable("two\nlines\t") == "two lines ");
  CHECK(printable("\x7f\r") == "??");
  CHECK(printable("54 \u00b0C") == "54 \u00b0C");
}

TEST_CASE("a terminal without UTF-8 gets signs it can show") {
  CHECK(to_ascii("38 MB/s \u2265 20 MB/s") == "38 MB/s >= 20 MB/s");
  CHECK(to_ascii("54 \u00b0C \u25cf") == "54 C *");
  CHECK(to_ascii("\u65e5") == "?");
}
