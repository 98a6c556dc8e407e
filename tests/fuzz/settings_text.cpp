// What the system's tools print of a value, and the journal of what was changed.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "settings/plist_text.h"
#include "settings/record_text.h"

namespace m1opt::fuzz {

namespace {

void read_plist(std::string_view input) {
  const auto found = settings::find_in_plist(input, "k");
  if (!found) {
    require(!found.error().what.empty(), "a refusal says what is wrong");
    return;
  }
  if (!*found) return;
  std::string list = settings::plist_of(**found);
  const std::size_t at = list.find("\">") + 2;
  list.insert(at, "<dict><key>k</key>");
  list.insert(list.rfind("</plist>"), "</dict>");
  const auto again = settings::find_in_plist(list, "k");
  require(again.has_value() && *again == *found, "what is written reads back as the same");
}

void read_records(std::string_view input) {
  const auto read = settings::records_from_text(input);
  if (!read) {
    require(!read.error().what.empty(), "a refusal says what is wrong");
    return;
  }
  const auto again = settings::records_from_text(settings::to_text(*read));
  require(again.has_value() && *again == *read, "what is written reads back as the same");
}

}  // namespace

void settings_text(std::string_view input) {
  read_plist(input);
  read_records(input);
}

}  // namespace m1opt::fuzz
