#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "serve/call.h"

namespace m1opt::serve {

template <class T>
using QueryResult = boost::system::result<T, wire::ProblemDocument>;

/// A whole number from `low` to `high`; absent when it was not given.
QueryResult<std::optional<std::int64_t>> whole_number(const Call& call, std::string_view name,
                                                      std::int64_t low, std::int64_t high);
/// RFC 3339 in UTC, from 1970 to 2199; absent when it was not given.
QueryResult<std::optional<WallTime>> wall_time(const Call& call, std::string_view name);

}  // namespace m1opt::serve
