// A row of the journal, which is also what the guardian is sent.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "journal/record_text.h"

namespace m1opt::fuzz {

void record(std::string_view input) {
  const auto read = journal::record_from_text(input);
  if (!read) {
    require(read.error().what.find("line") != std::string::npos, "a refusal names the line");
    return;
  }
  const auto again = journal::record_from_text(journal::record_to_text(*read));
  require(again.has_value() && *again == *read, "what is written reads back as the same");
}

}  // namespace m1opt::fuzz
