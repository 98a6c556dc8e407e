#pragma once

#include <string>

#include "base/clock.h"

/// How numbers read in sentences.
namespace m1opt::base {

/// At most one decimal, none from 10 on: "0.4", "62".
std::string number_text(double value);
/// "0.4 s", "23 s", "29 min", "3 h".
std::string duration_text(Duration d);

}  // namespace m1opt::base
