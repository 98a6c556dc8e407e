// pmset(1): one value for each power source, in /Library/Preferences; only root may change it.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "platform/text.h"
#include "settings/access.h"
#include "settings/tool_answers.h"

namespace m1opt::settings {

namespace {

constexpr const char* kPmsetTool = "/usr/bin/pmset";

struct Source {
  std::string_view name;
  std::string_view heading;  ///< of its part of what `pmset -g custom` prints
  const char* flag;
  std::string_view words;
};
constexpr std::array kPowerSources{Source{"ac", "AC Power:", "-c", "on mains"},
                              Source{"battery", "Battery Power:", "-b", "on battery"},
                              Source{"ups", "UPS Power:", "-u", "on a UPS"}};

const Source* source_of(const Target& target) {
  for (const Source& source : kPowerSources) {
    if (source.name == target.arguments.at(0)) return &source;
  }
  return nullptr;
}

Error wrong_target() { return {Errc::parse, 0, "pmset knows no such power source"}; }

enum class Lack { none, source, key };

/// Lines are " key\t\tvalue" below a heading; a key may be of more words ("Sleep On Power Button 1").
std::pair<Lack, std::string> find_value(std::string_view text, std::string_view heading, std::string_view key) {
  bool inside = false;
  bool seen = false;
  while (!text.empty()) {
    const std::string_view line = platform::take_line(text);
    if (!line.empty() && !platform::is_blank(line.front())) {
      inside = platform::trim(line) == heading;
      seen = seen || inside;
      continue;
    }
    std::string_view rest = platform::trim(line);
    if (!inside || !rest.starts_with(key) || rest.size() == key.size() || !platform::is_blank(rest[key.size()])) {
      continue;
    }
    rest.remove_prefix(key.size());
    // Behind it may stand who changes it just now: "sleep 1 (sleep prevented by powerd)".
    return {Lack::none, std::string(platform::take_word(rest))};
  }
  return {seen ? Lack::key : Lack::source, {}};
}

class Pmset final : public SettingAccess {
 public:
  explicit Pmset(Tools& tools) : tools_(tools) {}

  Result<Reading> read(const Target& target) override {
    const Source* source = source_of(target);
    if (source == nullptr) return wrong_target();
    const auto exit = tools_.run(kPmsetTool, {"-g", "custom"});
    if (!exit) return exit.error();
    if (!is_done(*exit)) return fault_of(*exit, "pmset -g custom");
    const auto [lack, text] = find_value(exit->output, source->heading, target.arguments.at(1));
    switch (lack) {
      case Lack::none: return Reading(Value{{}, text});
      case Lack::source:
        return Error{Errc::unsupported, 0, fmt::format("this Mac has no settings for when it runs {}", source->words)};
      case Lack::key:
        return Error{Errc::unsupported, 0,
                     fmt::format("this Mac has no setting \"{}\" for when it runs {}", target.arguments.at(1),
                                 source->words)};
    }
    return wrong_target();
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    const Source* source = source_of(target);
    if (source == nullptr) return wrong_target();
    if (!reading) return Error{Errc::unsupported, 0, "pmset cannot remove a setting, only set it"};
    const std::vector<std::string> words{source->flag, target.arguments.at(1), reading->text};
    const auto exit = tools_.run(kPmsetTool, words);
    if (!exit) return exit.error();
    const std::string command = command_text("pmset", words);
    // What it does not know it answers with its usage.
    if (says(*exit, "Usage:")) {
      return Error{Errc::unsupported, 0, fmt::format("this pmset does not take \"{}\"", command)};
    }
    // It complains of a lack of rights and may exit with 0.
    if (!is_done(*exit) || says(*exit, "must be run as root")) return fault_of(*exit, command);
    return {};
  }

 private:
  Tools& tools_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_pmset(Tools& tools) { return std::make_unique<Pmset>(tools); }

}  // namespace m1opt::settings
