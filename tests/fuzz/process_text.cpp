// Everything that is read of a process in /proc, each parser on the same text.
#include "platform/process_text.h"

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

void process_text(std::string_view input) {
  if (const auto info = platform::parse_process_stat(input, {})) {
    require(info->id.pid > 0, "a process has a pid");
    const auto start = platform::parse_process_start(input);
    require(start.has_value() && *start == info->id.start, "both readers see the same start");
    require(info->cpu_time >= base::Duration::zero(), "no CPU time is negative");
  }
  if (const auto waited = platform::parse_waited(input)) {
    require(*waited >= base::Duration::zero(), "nobody waits for less than nothing");
  }
  for (const bool cut : {false, true}) {
    for (const auto& word : platform::parse_arguments(input, 64, cut)) {
      require(word.find('\0') == std::string::npos, "an argument ends at its zero");
    }
    require(platform::parse_arguments(input, 3, cut).size() <= 3, "at most so many arguments");
  }
  for (const auto& variable : platform::pick_variables(input, {"A", ""})) {
    require(variable.find('=') <= 1, "only what was asked for");
  }
  (void)platform::has_watchdog_variables(input, 4711);
  (void)platform::parse_status_uid(input);
  if (const auto pss = platform::parse_pss(input)) require(pss->value() >= 0, "no size is negative");
  (void)platform::parse_page_size(input);
  (void)platform::parse_newest_pid(input);
}

}  // namespace m1opt::fuzz
