#include "settings/plist_text.h"

#include "support/catch.h"

using namespace m1opt;
using settings::find_in_plist;
using settings::Reading;
using settings::Value;

namespace {

const std::string kList = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>nested</key>
	<dict>
		<key>autohide</key>
		<string>not this one</string>
		<key>more</key>
		<array><dict><key>autohide</key><integer>3</integer></dict></array>
	</dict>
	<!-- <key>autohide</key> -->
	<key>autohide</key>
	<true/>
	<key>a &amp; b</key>
	<string>&#228; &#x1F600; &quot;&apos;</string>
	<key>delay</key>
	<real> 0.5 </real>
	<key>empty</key>
	<string/>
</dict>
</plist>
)";

}  // namespace

TEST_CASE("a key is found in the outermost dictionary only") {
  CHECK(find_in_plist(kList, "autohide").value() == Reading(Value{"boolean", "true"}));
  CHECK(find_in_plist(kList, "more").value() == Reading{});
  CHECK(find_in_plist(kList, "delay").value() == Reading(Value{"float", "0.5"}));
  CHECK(find_in_plist(kList, "empty").value() == Reading(Value{"string", ""}));
  CHECK(find_in_plist(kList, "nested").value()->type == "dictionary");
}

TEST_CASE("signs that XML writes in words are read and written") {
  CHECK(find_in_plist(kList, "a & b").value() == Reading(Value{"string", "\xC3\xA4 \xF0\x9F\x98\x80 \"'"}));
  const Value value{"string", "a < b && c > \"d\""};
  const std::string whole = settings::plist_of(value);
  const std::string inside = whole.substr(whole.find("<string>"), whole.find("</plist>") - whole.find("<string>"));
  CHECK(find_in_plist("<plist><dict><key>k</key>" + inside + "</dict></plist>", "k").value() == Reading(value));
}

TEST_CASE("an empty domain holds no key, and what is no list is an error") {
  CHECK(find_in_plist("<plist version=\"1.0\"><dict/></plist>", "k").value() == Reading{});
  CHECK(find_in_plist("<plist version=\"1.0\"><dict></dict></plist>", "k").value() == Reading{});
  for (const char* text : {"", "no", "<dict/>", "<plist><array/></plist>", "<plist><dict><key>k</key>",
                           "<plist><dict><key>k</key><string>a", "<plist><dict><key>k</key></dict></plist>",
                           "<plist><dict><key>k</key><odd/></dict></plist>",
                           "<plist><dict><string>k</string></dict></plist>",
                           "<plist><dict><key>k</key><string>&nbsp;</string></dict></plist>"}) {
    INFO(text);
    CHECK_FALSE(find_in_plist(text, "k"));
  }
}
