#include "client/advise/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/advise/data.h"
#include "client/advise/table.h"

namespace m1opt::client::advise {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

std::uint64_t share_of(std::uint64_t ram, double share) { return static_cast<std::uint64_t>(static_cast<double>(ram) * share); }

std::uint64_t minus(std::uint64_t from, std::uint64_t taken) { return from > taken ? from - taken : 0; }

}  // namespace

MetalLimit observed_metal_limit(std::uint64_t ram) {
  const double gib = static_cast<double>(ram) / kGiB;
  double least = 1;
  double most = 0;
  for (const TableRow& row : read_table(data::metal_csv)) {
    const double mib = row.real("ram_gib") * 1024;
    if (std::abs(gib - row.real("ram_gib")) < 0.5) {
      return {{row.whole("low_mib") << 20U, row.whole("high_mib") << 20U},
              fmt::format("seen on Macs with {} GiB: it depends on the version of macOS", row.whole("ram_gib"))};
    }
    least = std::min(least, row.real("low_mib") / mib);
    most = std::max(most, row.real("high_mib") / mib);
  }
  return {{share_of(ram, least), share_of(ram, most)},
          fmt::format("no report of a Mac with {:.0f} GiB: the smallest and the largest share seen of other sizes", gib)};
}

Machine at_least(Machine machine) {
  if (machine.metal) machine.metal->bytes.high = machine.metal->bytes.low;
  return machine;
}

Room room_in(const Machine& machine) {
  Room room;
  room.memory = machine.available;
  if (!machine.metal) return room;
  std::uint64_t loaded = 0;
  for (const Holder& model : machine.models) loaded += model.bytes;
  room.metal = Range{minus(machine.metal->bytes.low, loaded + kFitMargin), minus(machine.metal->bytes.high, loaded + kFitMargin)};
  return room;
}

}  // namespace m1opt::client::advise
