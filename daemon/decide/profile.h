#pragma once

#include "model/profile.h"

namespace m1opt::decide {

using namespace m1opt::model;

/// The profiles for a machine: one by its RAM, one for a server without display or a machine with a
/// battery, one for a machine without fans. Each reading that is absent leaves its profile out.
ProfilePick pick_profiles(const MachineFacts& facts);

}  // namespace m1opt::decide
