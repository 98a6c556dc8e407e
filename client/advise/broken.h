#pragma once

#include <string>

#include "base/result.h"

namespace m1opt::client::advise {

/// The error of a file that says what it cannot be.
inline base::Error broken(std::string what) { return {base::Errc::parse, 0, std::move(what)}; }

}  // namespace m1opt::client::advise
