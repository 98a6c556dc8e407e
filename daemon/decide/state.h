#pragma once

#include "model/sample.h"

namespace m1opt::decide {

using namespace m1opt::base;
using namespace m1opt::model;

/// What the policy remembers between ticks; a value.
struct State {};

}  // namespace m1opt::decide
