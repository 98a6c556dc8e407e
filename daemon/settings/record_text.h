#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/journal.h"

namespace m1opt::settings {

/// settings.json, schema m1opt.settings_journal/1.
std::string to_text(const std::vector<Record>& records);
/// Strict. Errors: `unsupported` for one of a newer m1opt, else `parse` with what is wrong.
Result<std::vector<Record>> records_from_text(std::string_view text);

}  // namespace m1opt::settings
