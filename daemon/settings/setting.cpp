#include "settings/setting.h"

#include <algorithm>
#include <array>

#include "platform/text.h"

namespace m1opt::settings {

namespace {

/// The words of an enum, in its order: they stand in the journal, the API and the options.
constexpr std::array kScopes{"user", "system"};
constexpr std::array kSystems{"macos", "linux"};
constexpr std::array kLevels{"conservative", "moderate", "aggressive"};
constexpr std::array kEvidence{"measured", "reported", "none"};
constexpr std::array kLifetimes{"until_undone", "while_active", "until_reboot", "while_running"};
constexpr std::array kMeans{"none",   "workload", "defaults", "gsettings", "pmset",
                            "mdutil", "tmutil",   "sysctl",   "proc_sys",  "sys_file"};

template <class Enum, class Words>
std::optional<Enum> find_word(const Words& words, std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

template <class Words, class Enum>
const char* word_of(const Words& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace

const char* to_string(Scope scope) { return word_of(kScopes, scope); }
const char* to_string(System system) { return word_of(kSystems, system); }
const char* to_string(Level level) { return word_of(kLevels, level); }
const char* to_string(Evidence evidence) { return word_of(kEvidence, evidence); }
const char* to_string(Lifetime lifetime) { return word_of(kLifetimes, lifetime); }
const char* to_string(Means means) { return word_of(kMeans, means); }

std::optional<Scope> scope_of(std::string_view text) { return find_word<Scope>(kScopes, text); }
std::optional<System> system_of(std::string_view text) { return find_word<System>(kSystems, text); }
std::optional<Level> level_of(std::string_view text) { return find_word<Level>(kLevels, text); }
std::optional<Lifetime> lifetime_of(std::string_view text) {
  return find_word<Lifetime>(kLifetimes, text);
}
std::optional<Means> means_of(std::string_view text) { return find_word<Means>(kMeans, text); }

bool same(const Reading& a, const Reading& b) {
  if (a == b) return true;
  if (!a || !b || a->type != "float" || b->type != "float") return false;
  const auto left = platform::parse_decimal(a->text);
  const auto right = platform::parse_decimal(b->text);
  return left && right && *left == *right;
}

std::vector<Setting> rows_of(System system, Level level) {
  std::vector<Setting> rows;
  for (const Setting& row : table(system)) {
    if (row.changes() && row.level && *row.level <= level) rows.push_back(row);
  }
  return rows;
}

const Setting* find(System system, std::string_view name) {
  const std::vector<Setting>& rows = table(system);
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Setting& each) { return each.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

std::string text_of(const Reading& reading) {
  if (!reading) return "not set";
  if (reading->type.empty() || reading->type == "variant") return reading->text;
  return reading->text + " (" + reading->type + ")";
}

}  // namespace m1opt::settings
