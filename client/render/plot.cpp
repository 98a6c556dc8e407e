#include "client/render/plot.h"

#include <algorithm>
#include <cmath>

#include "client/render/text.h"

namespace m1opt::client::render {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kFewest = 10;
/// " |" between label and plot, and the last column of the screen, which some terminals wrap at.
constexpr std::size_t kAround = 3;

struct Signs {
  const char* range;
  const char* mean;
  const char* axis;
  const char* gap;
  const char* side;
};
constexpr Signs kPlain{"|", "*", "-", " ", "|"};
constexpr Signs kDrawn{"\u2502", "\u25cf", "\u2500", " ", "\u2502"};

struct Scale {
  double low{0};
  double high{1};
  std::size_t height{1};

  [[nodiscard]] std::size_t row_of(double value) const {
    const double share = (value - low) / (high - low);
    const auto last = static_cast<double>(height - 1);
    return static_cast<std::size_t>(std::clamp(std::floor(share * last + 0.5), 0.0, last));
  }
  [[nodiscard]] double value_of(std::size_t row) const {
    return low + (high - low) * static_cast<double>(row) / static_cast<double>(std::max<std::size_t>(height - 1, 1));
  }
};

Scale scale_of(const PlotColumns& columns, std::size_t height) {
  std::optional<Scale> scale;
  for (const auto& column : columns) {
    if (!column) continue;
    if (!scale) scale = Scale{column->min, column->max, height};
    scale->low = std::min(scale->low, column->min);
    scale->high = std::max(scale->high, column->max);
  }
  Scale made = scale.value_or(Scale{0, 1, height});
  made.height = height;
  // From zero, unless that would press all of it into the upper half.
  if (made.low > 0 && made.low < made.high / 2) made.low = 0;
  if (made.high - made.low < 1e-9) {
    made.low = made.low > 1 ? made.low - 1 : 0;
    made.high += 1;
  }
  return made;
}

std::string cell(const std::optional<PlotColumn>& column, const Scale& scale, std::size_t row,
                 const Signs& signs, const Style& style) {
  if (!column) return " ";
  if (scale.row_of(column->avg) == row) return paint(style, Tone::strong, signs.mean);
  const bool within = row >= scale.row_of(column->min) && row <= scale.row_of(column->max);
  return within ? paint(style, Tone::faint, signs.range) : " ";
}

std::string label(const PlotFrame& frame, const Scale& scale, std::size_t row) {
  const std::size_t middle = (scale.height - 1) / 2;
  if (row != 0 && row != middle && row != scale.height - 1) return {};
  return frame.value_text(scale.value_of(row));
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t taken = text_width(text);
  return std::string(taken < width ? width - taken : 0, ' ') + std::string(text);
}

std::string without_blanks_behind(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + '\n';
}

std::string times(const PlotFrame& frame, std::size_t label_width, std::size_t width) {
  const std::string first = format_time(frame.since, frame.until);
  const std::string last = format_time(frame.until, frame.until);
  const std::string middle = format_time(frame.since + (frame.until - frame.since) / 2, frame.until);
  std::string line(label_width + 2, ' ');
  line += first;
  const std::size_t centre = label_width + 2 + (width - std::min(width, middle.size())) / 2;
  const std::size_t end = label_width + 2 + width - std::min(width, last.size());
  if (centre > line.size() && centre + middle.size() + 1 < end) line += std::string(centre - line.size(), ' ') + middle;
  if (end > line.size()) line += std::string(end - line.size(), ' ') + last;
  return line + '\n';
}

}  // namespace

std::size_t plot_columns(const Style& style, std::size_t label_width) {
  const std::size_t width = style.width > 0 ? static_cast<std::size_t>(style.width) : kUsualWidth;
  return width > label_width + kAround + kFewest ? width - label_width - kAround : kFewest;
}

std::string render_plot(const PlotColumns& columns, const PlotFrame& frame, const Style& style,
                        std::size_t label_width) {
  const Signs& signs = style.utf8 ? kDrawn : kPlain;
  const Scale scale = scale_of(columns, frame.height);
  std::string out;
  for (std::size_t row = scale.height; row-- > 0;) {
    std::string line = pad_left(label(frame, scale, row), label_width) + ' ' + signs.side;
    for (const auto& column : columns) line += cell(column, scale, row, signs, style);
    out += without_blanks_behind(std::move(line));
  }
  std::string axis(label_width + 2, ' ');
  for (const auto& column : columns) axis += column ? signs.axis : signs.gap;
  return out + without_blanks_behind(std::move(axis)) + times(frame, label_width, columns.size());
}

}  // namespace m1opt::client::render
