#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

/// JSON values as text for people and programs. Boost's own serializer writes
/// 2.5 as 2.5E0; this one writes the shortest plain number.
namespace m1opt::wire {

/// On one line.
std::string to_text(const boost::json::value& value);

/// Indented by two spaces; an array of plain values stays on one line.
std::string to_pretty_text(const boost::json::value& value);

/// Strict JSON (no comments), as requests and answers carry it. The error is
/// `parse` and names line and column.
base::Result<boost::json::value> parse_json(std::string_view text);

}  // namespace m1opt::wire
