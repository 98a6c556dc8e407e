#pragma once

#include <boost/json.hpp>
#include <string>

#include "client/render/format.h"
#include "client/render/style.h"

/// The documents of /v1/history for people.
namespace m1opt::client::render {

/// A value of that metric with its unit; a mean of levels is a number between them.
std::string history_value(std::string_view metric, double value);

std::string render_history_metrics(const boost::json::value& document, const Style& style, TimePoint now);
/// How it was on the whole, and a line for each point.
std::string render_history_table(const boost::json::value& series, const Style& style, TimePoint now);
/// How it was on the whole, and a plot.
std::string render_history_plot(const boost::json::value& series, const Style& style, TimePoint now);
std::string render_effects(const boost::json::value& document, const Style& style, TimePoint now);

/// Widest label of the plot's values: how many columns remain is asked before the points are.
inline constexpr std::size_t kHistoryLabel = 12;

}  // namespace m1opt::client::render
