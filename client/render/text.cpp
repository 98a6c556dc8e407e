#include "client/render/text.h"

#include <array>
#include <utility>

namespace m1opt::client::render {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kAscii{{
    {"\u2265", ">="},
    {"\u2264", "<="},
    {"\u2013", "-"},
    {"\u2014", "-"},
    {"\u2026", "..."},
    {"\u00b0", ""},
    {"\u00d7", "x"},
    {"\u00b7", "-"},
    {"\u2192", "->"},
    {"\u25cf", "*"},
    {"\u2018", "'"},
    {"\u2019", "'"},
    {"\u201c", "\""},
    {"\u201d", "\""},
    {"\u00a0", " "},
    {"\u2248", "~"},
}};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Bytes of the UTF-8 character that starts here; 1 for a byte that starts none.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC2U   ? 1
                             : lead < 0xE0U ? 2
                             : lead < 0xF0U ? 3
                             : lead < 0xF5U ? 4
                                            : 1;
  if (text.size() < length) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 1;
  }
  return length;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if (!is_continuation(text[i])) {
      ++width;
    }
  }
  return width;
}

std::string pad_right(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t taken = text_width(text);
  if (taken < width) padded.append(width - taken, ' ');
  return padded;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  if (width == 0) return {std::string(text)};
  std::vector<std::string> lines(1);
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find(' ', start);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view word = text.substr(start, end - start);
    const bool fits = text_width(lines.back()) + 1 + text_width(word) <= width;
    if (!lines.back().empty() && !fits) {
      while (!lines.back().empty() && lines.back().back() == ' ') lines.back().pop_back();
      lines.emplace_back();
    }
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
    start = end + 1;
  }
  return lines;
}

std::string labelled(std::string_view label, std::size_t label_width, std::string_view text,
                     std::size_t width) {
  std::string out;
  std::string_view head = label;
  for (const std::string& line : wrap(text, width > label_width ? width - label_width : 0)) {
    out += pad_right(head, label_width) + line;
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
    head = {};
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080..U+009F are C1 controls: 0x9B opens a sequence as ESC [ does.
    const bool c1 = length == 2 && byte == 0xC2U && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
    if (byte == '\n' || byte == '\t') {
      out += ' ';
    } else if (byte < 0x20U || byte == 0x7FU || c1 || (length == 1 && byte >= 0x80U)) {
      out += '?';
    } else {
      out.append(text.substr(i, length));
    }
    i += length;
  }
  return out;
}

std::string to_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text.substr(i));
    const std::string_view character = text.substr(i, length);
    i += length;
    if (length == 1 && static_cast<unsigned char>(character[0]) < 0x80U) {
      out += character;
      continue;
    }
    std::string_view instead = "?";
    for (const auto& [sign, ascii] : kAscii) {
      if (sign == character) instead = ascii;
    }
    out += instead;
  }
  return out;
}

}  // namespace m1opt::client::render
