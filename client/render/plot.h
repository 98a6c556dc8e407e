#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/render/format.h"
#include "client/render/style.h"

namespace m1opt::client::render {

/// What a column of a plot stands for; absent where nothing is known.
struct PlotColumn {
  double min{0};
  double avg{0};
  double max{0};
};
using PlotColumns = std::vector<std::optional<PlotColumn>>;

struct PlotFrame {
  TimePoint since;
  TimePoint until;
  std::size_t height{14};                          ///< rows, without the axis
  std::function<std::string(double)> value_text;   ///< of the labels beside it
};

/// Columns that remain beside labels as wide as these values need.
std::size_t plot_columns(const Style& style, std::size_t label_width);

/// Each column from its lowest to its highest, with a mark at its mean. Where nothing is known there
/// is nothing, and the axis below is broken.
std::string render_plot(const PlotColumns& columns, const PlotFrame& frame, const Style& style,
                        std::size_t label_width);

}  // namespace m1opt::client::render
