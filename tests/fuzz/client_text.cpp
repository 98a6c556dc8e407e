// What the client takes apart itself: amounts, event streams, heads of programs, answers of interpreters, times, drop-ins, and
// text that goes to a terminal. The first byte says where an event stream is cut.
#include <vector>

#include "client/amount.h"
#include "client/event_stream.h"
#include "client/mac/mach_o.h"
#include "client/python/elf.h"
#include "client/python/probe.h"
#include "client/render/format.h"
#include "client/render/text.h"
#include "client/settings/drop_in_file.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

namespace {

struct Heard {
  std::vector<std::string> events;
  std::string last_id;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view text, std::size_t piece) {
  client::EventStream stream;
  Heard heard;
  const auto listen = [&](std::string_view data) { heard.events.emplace_back(data); };
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    stream.feed(text.substr(0, piece), listen);
  }
  heard.last_id = stream.last_id();
  return heard;
}

}  // namespace

void client_text(std::string_view input) {
  if (const auto seconds = client::parse_duration(input)) {
    require(*seconds > 0, "a duration is above zero");
  }
  if (const auto ram = client::parse_ram(input)) require(*ram >= 512LL << 20U, "no RAM is less than that");
  if (const auto number = client::parse_decimal(input)) require(*number >= 0, "no number is negative");
  require(client::mac::processors_of(input).size() <= 16, "a program is for a few processors");
  (void)client::python::processor_of_elf(input);
  (void)client::python::parse_interpreter(input);
  const auto package = client::python::parse_package(input);
  require(!package || !package->computes || package->installed, "only what is installed computes");
  if (const auto time = client::render::parse_rfc3339(input)) {
    (void)client::render::format_time(*time, {});
  }
  for (const char c : client::render::printable(input)) {
    const auto byte = static_cast<unsigned char>(c);
    require(byte >= 0x20U && byte != 0x7FU, "a terminal acts on nothing that is printable");
  }
  require(client::render::to_ascii(client::render::printable(input)).find('\x1b') ==
              std::string::npos, "nor when it is ASCII");
  (void)client::render::wrap(input, 20);
  (void)client::settings::parse_drop_in(std::string(input));
  const auto drop_in = client::settings::parse_drop_in(client::settings::drop_in_text({}, std::string(input)));
  require(drop_in && drop_in->ours.empty(), "what others wrote into a drop-in is not ours");
  if (input.empty()) return;
  const auto cut = 1 + static_cast<unsigned char>(input[0]);
  const std::string_view text = input.substr(1);
  require(hear(text, cut) == hear(text, text.size() + 1), "pieces do not change what is heard");
}

}  // namespace m1opt::fuzz
