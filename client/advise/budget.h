#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
  std::vector<Holder> models;        ///< loaded by Ollama now, and to stay so
  std::optional<Holder> own;         ///< loaded now too: the very model that is asked about
  std::uint64_t own_returns{0};      ///< of what `own` holds becomes available once it is loaded anew
  std::vector<Holder> targets;       ///< processes that m1opt may suspend
  std::optional<std::uint64_t> swap_free;  ///< swap and zram that there is room in
  std::vector<std::string> unknown;
};

/// What Metal was seen to allow with so much RAM; between other sizes' shares where no such Mac was seen.
MetalLimit observed_metal_limit(std::uint64_t ram);

/// The same with Metal's limit at the lower end of its range: what fits then fits for sure.
Machine at_least(Machine machine);

/// For a question about the model of that name, of which `mapped` bytes are read from its file: where
/// Ollama has it loaded it does not stand in its own way. "x" is "x:latest".
Machine asked_about(Machine machine, std::string_view name, std::uint64_t mapped);

/// What is left to the system and other programs where nobody tells what they take: 15 %, at least 2 GiB.
std::uint64_t reserve_of(std::uint64_t ram);
/// Of a machine whose memory is known only by its size; absent where what is available was read.
std::optional<std::uint64_t> reserve_in(const Machine& machine);

/// What suspending all targets can free at the most: a stopped program keeps its memory until the
/// system compresses it, to about half at best; on Linux only into swap or zram, as far as there is any.
std::uint64_t freed_by_suspending(const Machine& machine);

/// What a limit leaves: of Metal's without the margin and the models loaded; of RAM what is available,
/// else all but the reserve.
struct Room {
  std::optional<Range> metal;
  std::optional<std::uint64_t> memory;
};
Room room_in(const Machine& machine);

/// Left free by llama-server's --fit in Metal's memory.
inline constexpr std::uint64_t kFitMargin = 1ULL << 30U;

}  // namespace m1opt::client::advise
