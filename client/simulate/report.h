#pragma once

#include <string>

#include "client/render/style.h"
#include "client/simulate/simulation.h"

namespace m1opt::client {

/// A simulation as tables; with two configurations beside each other.
std::string render_simulation(const Simulation& simulation, const render::Style& style);

}  // namespace m1opt::client
