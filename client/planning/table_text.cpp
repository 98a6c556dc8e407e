#include "client/planning/table_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/render/text.h"

namespace m1opt::client::planning {

std::string table_text(const std::vector<std::vector<std::string>>& rows, const render::Style& style) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], render::text_width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - render::text_width(row[i]), ' ');
      line += i == 0 ? row[i] + blanks : "  " + blanks + row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += (&row == rows.data() ? render::paint(style, render::Tone::strong, line) : line) + "\n";
  }
  return text;
}

std::string context_text(std::uint64_t context) { return context == 0 ? "-" : std::to_string(context); }

std::string gigabytes_text(std::uint64_t bytes) { return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9); }

}  // namespace m1opt::client::planning
