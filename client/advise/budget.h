#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/advise/footprint.h"

namespace m1opt::client::advise {

/// Bytes that are known only to lie between two values; both the same when they are known.
struct Range {
  std::uint64_t low{0};
  std::uint64_t high{0};
};

/// What Metal lets a process use of the machine's memory.
struct MetalLimit {
  Range bytes;
  std::string source;
};

/// Something that holds memory which could be given up.
struct Holder {
  std::string name;
  std::uint64_t bytes{0};
};

/// Memory of the machine that is planned for. What is not known is absent, with the reason in `unknown`.
struct Machine {
  System system{System::linux_cpu};
  bool this_one{false};              ///< else one that somebody asked about
  std::string chip;                  ///< "Apple M1"; "" when it is not known
  std::optional<std::uint64_t> ram;
  std::optional<std::uint64_t> available;  ///< now
  std::optional<MetalLimit> metal;
  std::vector<Holder> models;        ///< loaded by Ollama now
  std::vector<Holder> targets;       ///< processes that m1opt may suspend
  std::vector<std::string> unknown;
};

/// What Metal was seen to allow with so much RAM; between other sizes' shares where no such Mac was seen.
MetalLimit observed_metal_limit(std::uint64_t ram);

/// The same with Metal's limit at the lower end of its range: what fits then fits for sure.
Machine at_least(Machine machine);

/// What a limit leaves: of Metal's without the margin and the models loaded, of RAM what is available.
struct Room {
  std::optional<Range> metal;
  std::optional<std::uint64_t> memory;
};
Room room_in(const Machine& machine);

/// Left free by llama-server's --fit in Metal's memory.
inline constexpr std::uint64_t kFitMargin = 1ULL << 30U;

}  // namespace m1opt::client::advise
