#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace m1opt::client::render {

enum class ColorChoice { automatic, always, never };
std::optional<ColorChoice> parse_color_choice(std::string_view word);

/// What the place we print to can show.
struct Style {
  bool color{false};
  bool utf8{false};
  int width{0};  ///< columns; 0 = do not wrap (a file or a pipe)
};

/// Colour only on a terminal and not with NO_COLOR, unless `choice` says
/// otherwise; UTF-8 as LC_ALL, LC_CTYPE, LANG have it; width from COLUMNS or
/// the terminal.
Style detect_style(int fd, ColorChoice choice);

enum class Tone { good, warning, bad, faint, strong };

/// Colour is an extra: what it says, the text says too.
std::string paint(const Style& style, Tone tone, std::string_view text);

}  // namespace m1opt::client::render
