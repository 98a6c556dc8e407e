#pragma once

#include <string>

#include "base/result.h"

/// How a damaged undo.db gives way to a new one. PATH.part is being written, PATH.new is complete; from
/// then on what PATH says does not count, and whoever finds both puts the new one in its place.
namespace m1opt::journal {

using namespace m1opt::base;

inline constexpr const char* kUnfinished = "damaged, and what replaces it is not in its place yet";

std::string replacement_of(const std::string& path);
bool has_replacement(const std::string& path);

/// Keeps the damaged file with its log as PATH.damaged-N, puts the new one in its place, and says
/// where the damaged one is. Done again after it ended in the middle it goes on.
Result<std::string> put_in_place(const std::string& path);

}  // namespace m1opt::journal
