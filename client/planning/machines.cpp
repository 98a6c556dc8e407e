#include "client/planning/machines.h"

#include <fmt/format.h>

#include <cctype>

#include "client/amount.h"
#include "client/llm/server.h"
#include "client/mac/system.h"
#include "client/machine.h"
#include "client/planning/targets.h"
#include "decide/metrics.h"
#include "model/sample.h"
#include "ollama/answers.h"
#include "platform/metal.h"
#include "platform/platform.h"
#include "wire/config_text.h"
#include "wire/default_config.h"

namespace m1opt::client::planning {
namespace {

using advise::Holder;
using advise::Machine;
using advise::System;

constexpr llm::Server::Timeout kAnswer{2000};

model::Sample read_memory() {
  model::Sample sample;
  for (const platform::Sensor& sensor : platform::make_sensors("")) {
    if (sensor.name == "memory" || sensor.name == "swap" || sensor.name == "gpu") (void)sensor.read(sample);
  }
  return sample;
}

void read_metal(const model::Sample& sample, Machine& machine) {
  if (machine.system != System::macos) return;
  if (const auto recommended = platform::recommended_working_set()) {
    const auto bytes = static_cast<std::uint64_t>(recommended->value());
    machine.metal = advise::MetalLimit{{bytes, bytes}, "Metal's recommendedMaxWorkingSetSize, read now"};
    return;
  }
  const auto limit = sample.gpu && sample.gpu->wired_limit ? sample.gpu->wired_limit->value() : 0;
  if (limit > 0) {
    const auto bytes = static_cast<std::uint64_t>(limit);
    machine.metal = advise::MetalLimit{{bytes, bytes}, "iogpu.wired_limit_mb, which Metal follows"};
    return;
  }
  if (machine.ram) machine.metal = advise::observed_metal_limit(*machine.ram);
  machine.unknown.emplace_back("Metal does not tell its limit to this process");
}

bool is_local(const llm::Place& place) { return place.host == "127.0.0.1" || place.host == "::1" || place.host == "localhost"; }

void read_models(Machine& machine) {
  const auto server = llm::Server::find("");
  if (!server || server->kind() != llm::Kind::ollama || !is_local(server->place())) {
    machine.unknown.emplace_back("Ollama does not answer here: what it may have loaded is not counted");
    return;
  }
  const auto answer = server->ask(ollama::ps_request(), kAnswer);
  const auto loaded = answer ? ollama::parse_ps(*answer) : base::Result<std::vector<model::LoadedModel>>(base::Error{});
  if (!loaded) {
    machine.unknown.emplace_back("Ollama does not tell which models it has loaded");
    return;
  }
  for (const auto& model : *loaded) machine.models.push_back({model.name, static_cast<std::uint64_t>(model.size.value())});
}

void read_targets(Machine& machine) {
  const auto config = wire::parse_config(wire::kDefaultConfig, "", decide::known_metrics());
  if (config) machine.targets = held_by_targets(*config, *platform::make_process_table(""));
}

/// "M1 Pro", "m1 pro", "Apple M1 Pro".
std::string chip_named(std::string word) {
  if (word.empty()) return word;
  bool first = true;
  for (char& letter : word) {
    letter = static_cast<char>(first ? std::toupper(static_cast<unsigned char>(letter)) : std::tolower(static_cast<unsigned char>(letter)));
    first = letter == ' ' || letter == '-';
    if (letter == '-') letter = ' ';
  }
  return word.starts_with("Apple ") ? word : "Apple " + word;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.this_one = true;
  machine.system = mac::is_mac() ? System::macos : System::linux_cpu;
  machine.chip = read_this_machine().reading.chip;
  const model::Sample sample = read_memory();
  if (sample.memory) {
    machine.ram = static_cast<std::uint64_t>(sample.memory->total.value());
    machine.available = static_cast<std::uint64_t>(sample.memory->available.value());
  } else {
    machine.unknown.emplace_back("the system does not tell how much memory there is");
  }
  if (sample.swap) machine.swap_free = static_cast<std::uint64_t>(sample.swap->total.value() - sample.swap->used.value());
  read_metal(sample, machine);
  read_models(machine);
  read_targets(machine);
  if (machine.system == System::linux_cpu) machine.unknown.emplace_back("a graphics card's own memory is not looked at: this is for the CPU");
  return machine;
}

Expected<Machine> other_machine(const std::string& ram, const std::string& system, const std::string& chip) {
  Machine machine;
  const auto bytes = parse_ram(ram);
  if (!bytes) return bytes.error();
  machine.ram = static_cast<std::uint64_t>(*bytes);
  if (system.empty() || system == "macos") {
    machine.system = System::macos;
    machine.metal = advise::observed_metal_limit(*machine.ram);
  } else if (system != "linux") {
    return Failure{exit_code::kUsage, fmt::format("\"{}\" is no system that is planned for", system), "Like: --os macos, --os linux"};
  }
  machine.chip = chip_named(chip);
  machine.unknown.emplace_back("what the system and other programs take there is not known");
  return machine;
}

Expected<Machine> machine_for(const std::string& ram, const std::string& system, const std::string& chip) {
  if (!ram.empty()) return other_machine(ram, system, chip);
  if (!system.empty()) return Failure{exit_code::kUsage, "--os needs --ram", "Like: --ram 16G --os macos"};
  Machine machine = this_machine();
  if (!chip.empty()) machine.chip = chip_named(chip);
  return machine;
}

}  // namespace m1opt::client::planning
