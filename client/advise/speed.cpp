#include "client/advise/speed.h"

#include "client/advise/data.h"
#include "client/advise/table.h"

namespace m1opt::client::advise {

std::optional<Bandwidth> bandwidth_of(std::string_view chip) {
  for (const TableRow& row : read_table(data::chips_csv)) {
    if (row.text("chip") != chip) continue;
    const std::string source = row.text("source");
    return Bandwidth{row.real("gb_per_s") * 1e9, row.real("reached_low"), row.real("reached_high"), source,
                     source.find("UNVERIFIED") == std::string::npos ? "" : "the share reached is not verified"};
  }
  return std::nullopt;
}

Speed speed_of(const Bandwidth& bandwidth, std::uint64_t read, std::uint64_t cached) {
  const auto bytes = static_cast<double>(read) + static_cast<double>(cached);
  if (bytes <= 0) return {};
  const double bound = bandwidth.bytes_per_s / bytes;
  return {bound * bandwidth.reached_low, bound * bandwidth.reached_high, bound};
}

}  // namespace m1opt::client::advise
