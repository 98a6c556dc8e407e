#pragma once

#include <cstdint>
#include <string>

#include "client/advise/budget.h"

/// How amounts of memory read.
namespace m1opt::client::advise {

/// "4.58 GiB": powers of 1024, always two digits, so that a column can be added up.
std::string gib_text(std::uint64_t bytes);
/// "5.30 to 5.33 GiB", or one number when both ends are the same.
std::string gib_text(const Range& range);

}  // namespace m1opt::client::advise
