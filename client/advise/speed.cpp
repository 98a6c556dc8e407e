#include "client/advise/speed.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/advise/data.h"
#include "client/advise/table.h"

namespace m1opt::client::advise {
namespace {

/// A bench is of one day and one heat: another differs by about that.
constexpr double kSpread = 0.1;
constexpr double kComparable = 4;

}  // namespace

std::optional<Bandwidth> bandwidth_of(std::string_view chip) {
  for (const TableRow& row : read_table(data::chips_csv)) {
    if (row.text("chip") != chip) continue;
    const double memory = row.real("gb_per_s") * 1e9;
    const std::string source = row.text("source");
    return Bandwidth{memory, memory * row.real("reached_low"), memory * row.real("reached_high"), source,
                     source.find("UNVERIFIED") == std::string::npos ? "" : "the share reached is not verified"};
  }
  return std::nullopt;
}

std::optional<Bandwidth> calibrated(const std::optional<Bandwidth>& of_chip, const std::vector<Measured>& benches, std::uint64_t read) {
  const auto wanted = static_cast<double>(read);
  std::vector<double> rates;
  for (const Measured& bench : benches) {
    const bool comparable = bench.bytes_per_token * kComparable >= wanted && bench.bytes_per_token <= wanted * kComparable;
    if (comparable) rates.push_back(bench.bytes_per_token * bench.tokens_per_s);
  }
  if (rates.empty()) return of_chip;
  const auto [low, high] = std::minmax_element(rates.begin(), rates.end());
  Bandwidth measured;
  measured.memory = of_chip ? of_chip->memory : std::nullopt;
  measured.low = *low * (1 - kSpread);
  measured.high = *high * (1 + kSpread);
  if (measured.memory && *high > *measured.memory) measured.memory.reset();  // it is not what it is known for
  if (measured.memory) measured.high = std::min(measured.high, *measured.memory);
  measured.source = fmt::format("{} {} kept of this machine with a model that reads about as much for a token, give or take a tenth", rates.size(),
                                rates.size() == 1 ? "bench" : "benches");
  return measured;
}

Speed speed_of(const Bandwidth& bandwidth, std::uint64_t read, std::uint64_t cached) {
  const auto bytes = static_cast<double>(read) + static_cast<double>(cached);
  if (bytes <= 0) return {};
  return {bandwidth.low / bytes, bandwidth.high / bytes, bandwidth.memory ? std::optional(*bandwidth.memory / bytes) : std::nullopt};
}

}  // namespace m1opt::client::advise
