#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <string_view>

/// How one configuration document is laid over another.
namespace m1opt::wire {

/// The lists of rows that have a name of their own.
inline constexpr std::array<std::string_view, 3> kNamedLists{"workloads", "targets", "rules"};

/// The name of such a row; empty when it has none.
std::string_view name_of(const boost::json::value& row);

/// Objects merge by key. The lists of named rows (on top) merge by `name`, a
/// new row goes to the end. Everything else in `overlay` replaces what is in
/// `base`.
boost::json::value merge_config(const boost::json::value& base, const boost::json::value& overlay);

/// Lays a profile over `base`, but not where a user's file (`own`) has changed
/// the shipped default: what is written there by hand stays, and so does the
/// absence of a row that was taken out.
boost::json::value merge_profile(const boost::json::value& base, const boost::json::value& own,
                                 const boost::json::value& shipped,
                                 const boost::json::value& profile);

}  // namespace m1opt::wire
