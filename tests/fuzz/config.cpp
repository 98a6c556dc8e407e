// A configuration and the drop-ins laid over it; a line "%%" begins the next of them.
#include <algorithm>
#include <vector>

#include "decide/metrics.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "wire/config_text.h"
#include "wire/profiles.h"

namespace m1opt::fuzz {

namespace {

std::vector<wire::ConfigSource> sources_of(std::string_view input) {
  std::vector<wire::ConfigSource> sources;
  for (bool more = true; more;) {
    const std::size_t end = input.find("\n%%\n");
    sources.push_back({"source " + std::to_string(sources.size()), std::string(input.substr(0, end))});
    more = end != std::string_view::npos && sources.size() < 8;
    if (more) input.remove_prefix(end + 4);
  }
  return sources;
}

void check_fault(const wire::ConfigFault& fault, const std::vector<wire::ConfigSource>& sources) {
  const auto source = std::find_if(sources.begin(), sources.end(),
                                   [&](const auto& one) { return one.name == fault.file; });
  require(source != sources.end(), "a fault names the source that it is in");
  require(!fault.text.empty(), "a fault says what is wrong");
  const auto lines = 1 + std::count(source->text.begin(), source->text.end(), '\n');
  require(fault.line >= 1 && fault.line <= static_cast<std::size_t>(lines),
          "a fault is on a line that is there");
  require(fault.column >= 1 && fault.column <= source->text.size() + 1,
          "a fault is in a column that is there");
}

}  // namespace

void config(std::string_view input) {
  static const auto metrics = decide::known_metrics();
  static const auto profiles = wire::profile_overlays("8gb+laptop_battery+fanless");
  const auto sources = sources_of(input);
  (void)wire::find_profile_wish(sources);
  (void)wire::find_choice_fault(input);
  const auto over = wire::parse_config(sources, profiles, metrics);
  require(over || !over.error().list.empty(), "a refused configuration has a fault");
  const auto parsed = wire::parse_config(sources, metrics);
  if (!parsed) {
    require(!parsed.error().list.empty(), "a refused configuration has a fault");
    for (const auto& fault : parsed.error().list) check_fault(fault, sources);
    return;
  }
  const std::string text = wire::config_to_text(*parsed);
  const auto again = wire::parse_config(text, "again", metrics);
  require(again.has_value() && *again == *parsed, "what is written reads back as the same");
}

}  // namespace m1opt::fuzz
