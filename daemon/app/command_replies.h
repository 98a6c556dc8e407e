#pragma once

#include <vector>

#include "model/command.h"
#include "model/sample.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::model;

/// Is what was asked for so now, by whomever?
bool is_success(OutcomeCode code);

/// What to tell those whose commands this sample brought or whose actions it saw carried out.
std::vector<CommandReply> replies_to(const Sample& sample, const ConfigStatus& config);

}  // namespace m1opt::app
