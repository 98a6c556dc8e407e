#pragma once

#include <vector>

#include "client/advise/budget.h"
#include "client/advise/speed.h"

namespace m1opt::client::planning {

/// How fast a machine's memory feeds models: by what is known of its chip and, of this machine, by the
/// benches that were kept (m1optctl bench).
class Calibration {
 public:
  /// Reads the benches. Those count that were of this chip, whose runs all began cool, and whose model
  /// is in Ollama's store still; nobody else is asked.
  explicit Calibration(const advise::Machine& machine);

  /// For a model that reads so much for a token; absent: neither a bench nor the chip tells.
  [[nodiscard]] std::optional<advise::Bandwidth> bandwidth_for(std::uint64_t read) const { return advise::calibrated(of_chip_, benches_, read); }

 private:
  std::optional<advise::Bandwidth> of_chip_;
  std::vector<advise::Measured> benches_;
};

}  // namespace m1opt::client::planning
