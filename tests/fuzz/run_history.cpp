// How the daemon's earlier runs ended, as it keeps it in its state directory.
#include "app/run_history.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

void run_history(std::string_view input) {
  const auto read = app::history_from_text(input);
  if (!read) {
    require(!read.error().what.empty(), "a refusal says what is wrong");
    return;
  }
  const auto again = app::history_from_text(app::history_to_text(*read));
  require(again.has_value() && *again == *read, "what is written reads back as the same");
}

}  // namespace m1opt::fuzz
