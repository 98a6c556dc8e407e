#pragma once

#include <map>
#include <string>
#include <string_view>

#include "settings/setting.h"

/// One setting that several files keep, each processor's for one: where they differ it reads as
/// "policy0=powersave policy4=performance".
namespace m1opt::settings {

using Parts = std::map<std::string, std::string, std::less<>>;

/// Empty where all have the same.
Parts parts_of(std::string_view text);

/// Is each part as it was before or as it was set? So it is left by a change that was interrupted.
bool is_half_done(const Reading& now, const Reading& before, const Reading& set);

}  // namespace m1opt::settings
