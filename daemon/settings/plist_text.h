#pragma once

#include <string>
#include <string_view>

#include "settings/setting.h"

/// Property lists as XML, the form in which `defaults` gives and takes a value of any type exactly.
namespace m1opt::settings {

/// What stands under `key` in the dictionary that is the whole list. The types are those of
/// `defaults read-type`; what is no scalar keeps its XML as it is. Error: no such list.
Result<Reading> find_in_plist(std::string_view xml, std::string_view key);

/// A whole list of that one value.
std::string plist_of(const Value& value);

}  // namespace m1opt::settings
