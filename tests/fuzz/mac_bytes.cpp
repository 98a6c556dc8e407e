// Bytes of the macOS kernel and its controller as the decoders get them; the first says for which.
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "platform/darwin/process_reading.h"
#include "platform/darwin/smc.h"
#include "platform/darwin/ticks.h"
#include "platform/darwin/vm_statistics.h"

namespace m1opt::fuzz {

namespace {

namespace mac = platform::darwin;

void arguments(Pieces pieces) {
  (void)mac::find_environment(std::as_bytes(std::span(pieces.rest())));
  const auto words = mac::decode_arguments(std::as_bytes(std::span(pieces.rest())), 64, 4096);
  if (!words) return;
  require(words->size() <= 64, "at most so many words");
  std::size_t bytes = 0;
  for (const auto& word : *words) {
    require(word.find('\0') == std::string::npos, "a word ends at its zero");
    bytes += word.size();
  }
  require(bytes <= 4096, "at most so many bytes");
}

void smc(Pieces pieces) {
  const auto type = pieces.take<std::uint32_t>();
  const auto size = pieces.take<std::uint32_t>();
  const auto value = mac::decode_smc(type, size, pieces.take<std::array<std::uint8_t, 32>>());
  require(!value || *value == *value, "no reading is NaN");
  require(mac::smc_key(mac::smc_name(type)) == type, "a key's name is its own");
}

void memory(Pieces pieces) {
  const auto page = pieces.take<std::uint64_t>();
  const base::Bytes total{pieces.take<std::int64_t>()};
  const auto memory = mac::compute_memory(pieces.take<mac::VmStatistics>(), page, total);
  if (!memory) return;
  require(memory->used.value() >= 0 && memory->used <= memory->total, "0 <= used <= total");
}

void process(Pieces pieces) {
  const mac::Timebase base{pieces.take<std::uint32_t>(), pieces.take<std::uint32_t>()};
  const auto info = pieces.take<mac::AllInfo>();
  const auto decoded = mac::decode_process(info, base);
  require(decoded.name.find('\0') == std::string::npos, "a name ends at its zero");
  require(decoded.id == mac::id_of(info.bsd), "it is the process that was asked for");
  require(decoded.cpu_time >= base::Duration::zero(), "no CPU time is negative");
}

constexpr void (*kDecoders[])(Pieces) = {arguments, smc, memory, process};

}  // namespace

void mac_bytes(std::string_view input) {
  Pieces pieces(input);
  const auto which = static_cast<unsigned char>(pieces.take<char>() - 'a');
  kDecoders[which % std::size(kDecoders)](pieces);
}

}  // namespace m1opt::fuzz
