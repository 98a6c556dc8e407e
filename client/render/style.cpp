#include "client/render/style.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "platform/text.h"

namespace m1opt::client::render {
namespace {

constexpr int kNarrowest = 40;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// The first of the three that is set decides, as setlocale(3) has it. Read
/// from the environment because loading a locale costs more than the request.
bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    for (const char* word : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (value.find(word) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

int columns_of(int fd, bool terminal) {
  const int columns = platform::parse_number<int>(environment("COLUMNS")).value_or(0);
  if (columns > 0) return std::max(columns, kNarrowest);
  if (!terminal) return 0;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col < kNarrowest ? kNarrowest : size.ws_col;
}

const char* sequence_of(Tone tone) {
  switch (tone) {
    case Tone::good: return "32";
    case Tone::warning: return "33";
    case Tone::bad: return "31;1";
    case Tone::faint: return "2";
    case Tone::strong: return "1";
  }
  return "0";
}

}  // namespace

std::optional<ColorChoice> parse_color_choice(std::string_view word) {
  if (word == "auto") return ColorChoice::automatic;
  if (word == "always") return ColorChoice::always;
  if (word == "never") return ColorChoice::never;
  return std::nullopt;
}

Style detect_style(int fd, ColorChoice choice) {
  const bool terminal = ::isatty(fd) == 1;
  Style style;
  style.utf8 = locale_is_utf8();
  style.width = columns_of(fd, terminal);
  style.color = choice == ColorChoice::always ||
                (choice == ColorChoice::automatic && terminal && environment("NO_COLOR").empty() &&
                 environment("TERM") != "dumb");
  return style;
}

std::string paint(const Style& style, Tone tone, std::string_view text) {
  if (!style.color || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", sequence_of(tone), text);
}

}  // namespace m1opt::client::render
