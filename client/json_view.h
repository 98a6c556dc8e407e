#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

/// Reads documents of the API by dotted path. A member that is not there and
/// one that is null look the same: a client must live with older and newer
/// daemons.
namespace m1opt::client {

/// Null when any part of the path is absent or null.
const boost::json::value* find(const boost::json::value& document, std::string_view path);

std::optional<double> number_at(const boost::json::value& document, std::string_view path);
/// The text there; of a number its digits; "" when it is absent.
std::string text_at(const boost::json::value& document, std::string_view path);
bool flag_at(const boost::json::value& document, std::string_view path);
/// The list there; an empty one when it is absent.
const boost::json::array& list_at(const boost::json::value& document, std::string_view path);

}  // namespace m1opt::client
