#include "client/advise/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/advise/data.h"
#include "client/advise/model_name.h"
#include "client/advise/table.h"

namespace m1opt::client::advise {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr std::uint64_t kLeastReserve = 2ULL << 30U;
constexpr std::uint64_t kReservePercent = 15;

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

Machine asked_about(Machine machine, std::string_view name, std::uint64_t mapped) {
  const auto asked = parse_model_name(name);
  if (!asked) return machine;
  const auto own = std::find_if(machine.models.begin(), machine.models.end(), [&](const Holder& model) {
    const auto loaded = parse_model_name(model.name);
    return loaded && loaded->is_same(*asked);
  });
  if (own == machine.models.end()) return machine;
  machine.own = *own;
  // Pages of a file count as available on Linux while they are used too; Metal's do not.
  machine.own_returns = machine.system == System::macos ? own->bytes : minus(own->bytes, mapped);
  machine.models.erase(own);
  return machine;
}

std::uint64_t reserve_of(std::uint64_t ram) { return std::max(kLeastReserve, ram / 100 * kReservePercent); }

std::optional<std::uint64_t> reserve_in(const Machine& machine) {
  if (machine.available || !machine.ram) return std::nullopt;
  return reserve_of(*machine.ram);
}

std::uint64_t freed_by_suspending(const Machine& machine) {
  std::uint64_t freed = 0;
  for (const Holder& target : machine.targets) freed += target.bytes / 2;
  return machine.system == System::macos ? freed : std::min(freed, machine.swap_free.value_or(0));
}

Room room_in(const Machine& machine) {
  Room room;
  if (machine.available) {
    room.memory = std::min(*machine.available + machine.own_returns, std::max(*machine.available, machine.ram.value_or(0)));
  } else if (machine.ram) {
    room.memory = minus(*machine.ram, reserve_of(*machine.ram));
  }
  if (!machine.metal) return room;
  room.metal = Range{minus(machine.metal->bytes.low, kFitMargin), minus(machine.metal->bytes.high, kFitMargin)};
  for (const Holder& model : machine.models) room.metal = Range{minus(room.metal->low, model.bytes), minus(room.metal->high, model.bytes)};
  return room;
}

}  // namespace m1opt::client::advise
