#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "client/failure.h"

/// Property lists are read by the system's own library. It is opened at run time, so that nothing
/// here needs Apple's headers and the same code runs in the tests of other systems.
namespace m1opt::client::mac {

/// What a property list, XML or binary, says; dates and data become null.
using DecodePlist = std::function<Expected<boost::json::value>(std::string_view)>;

inline constexpr const char* kCoreFoundation =
    "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation";

/// Opens the library at `path`; the failure says what of it is missing.
Expected<DecodePlist> open_core_foundation(const std::string& path);

}  // namespace m1opt::client::mac
