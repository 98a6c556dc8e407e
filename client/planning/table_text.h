#pragma once

#include <string>
#include <vector>

#include "client/render/style.h"

namespace m1opt::client::planning {

/// Columns as wide as their widest cell, the first to the left, the others to the right; the first
/// row is the head.
std::string table_text(const std::vector<std::vector<std::string>>& rows, const render::Style& style);

/// A number of tokens, "-" for none.
std::string context_text(std::uint64_t context);
/// Decimal gigabytes as models are offered: "4.92 GB".
std::string gigabytes_text(std::uint64_t bytes);

}  // namespace m1opt::client::planning
