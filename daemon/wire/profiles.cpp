#include "wire/profiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wire/nearest.h"

namespace m1opt::wire {

namespace {

constexpr std::string_view kAutomatic = "auto";
constexpr std::string_view kNone = "none";

struct OlderName {
  std::string_view name;
  std::string_view here;
};

/// Of the tools whose users come here. Those that only said how much may be changed, and not for
/// which machine, are what this machine needs.
constexpr std::array<OlderName, 9> kOlderNames{{{"daily_driver", kAutomatic},
                                                {"power_user", kAutomatic},
                                                {"development", kAutomatic},
                                                {"dedicated_inference", "headless_server"},
                                                {"8gb_survival", "8gb"},
                                                {"conservative_8gb", "8gb"},
                                                {"16gb_performance", "16gb"},
                                                {"balanced_16gb", "16gb"},
                                                {"performance_32gb", "32gb_plus"}}};

std::vector<std::string_view> names_in(std::string_view choice) {
  std::vector<std::string_view> names;
  for (;;) {
    const std::size_t plus = choice.find('+');
    names.push_back(choice.substr(0, plus));
    if (plus == std::string_view::npos) return names;
    choice.remove_prefix(plus + 1);
  }
}

const Profile* find_profile(std::string_view name) {
  const auto known = profiles();
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Profile& profile) { return profile.name == name; });
  return found == known.end() ? nullptr : &*found;
}

bool stands_alone(std::string_view name) { return name == kAutomatic || name == kNone; }

std::string_view translate_name(std::string_view name) {
  for (const OlderName& older : kOlderNames) {
    if (older.name == name) return older.here;
  }
  return name;
}

std::string describe_unknown(std::string_view name) {
  std::vector<std::string> known{std::string(kAutomatic), std::string(kNone)};
  for (const Profile& profile : profiles()) known.emplace_back(profile.name);
  std::vector<std::string> candidates = known;
  for (const OlderName& older : kOlderNames) candidates.emplace_back(older.name);
  std::string guess = nearest(name, candidates);
  if (guess.empty()) {
    return fmt::format("there is no profile \"{:.40}\"; known are {}", name, fmt::join(known, ", "));
  }
  return fmt::format("there is no profile \"{:.40}\"; did you mean \"{}\"?", name,
                     translate_name(guess));
}

}  // namespace

std::string_view summary_of(const Profile& profile) {
  std::string_view line = profile.text.substr(0, profile.text.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of("/ "), line.size()));
  return line;
}

bool has_profile(std::string_view choice, std::string_view name) {
  const auto names = names_in(choice);
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<std::string> find_choice_fault(std::string_view choice) {
  const auto names = names_in(choice);
  std::vector<std::string_view> seen;
  for (const std::string_view written : names) {
    const std::string_view name = translate_name(written);
    if (!stands_alone(name) && find_profile(name) == nullptr) return describe_unknown(written);
    if (stands_alone(name) && names.size() > 1) {
      return fmt::format("\"{}\" stands alone, without a +", name);
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return fmt::format("\"{}\" is named twice", name);
    }
    seen.push_back(name);
  }
  return std::nullopt;
}

std::string translate_choice(std::string_view choice) {
  std::string translated;
  for (const std::string_view name : names_in(choice)) {
    if (!translated.empty()) translated += '+';
    translated += translate_name(name);
  }
  return translated;
}

std::vector<std::string> older_names_of(std::string_view choice) {
  std::vector<std::string> names;
  for (const OlderName& older : kOlderNames) {
    if (older.here == choice) names.emplace_back(older.name);
  }
  return names;
}

std::vector<model::ConfigText> profile_overlays(std::string_view choice) {
  std::vector<model::ConfigText> overlays;
  for (const std::string_view name : names_in(choice)) {
    const Profile* profile = find_profile(translate_name(name));
    if (profile == nullptr) continue;
    overlays.push_back({fmt::format("profile {}", profile->name), std::string(profile->text)});
  }
  return overlays;
}

}  // namespace m1opt::wire
