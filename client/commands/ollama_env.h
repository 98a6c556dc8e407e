#pragma once

#include <string>

#include "base/units.h"
#include "client/context.h"

namespace m1opt::client {

struct EnvironmentWords {
  bool apply{false};
  bool remove{false};
  bool json{false};
  std::string ram;
  std::string at;
};

/// --ram, else that of this machine.
Expected<base::Bytes> ram_of(const EnvironmentWords& words);

int run_ollama_env(const Context& context, const EnvironmentWords& words);

}  // namespace m1opt::client
