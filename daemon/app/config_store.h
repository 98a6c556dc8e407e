#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/config.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Reads the config file and conf.d/*.json beside it; keeps the last good one.
class ConfigStore {
 public:
  explicit ConfigStore(const Options& options);

  /// Reads everything again. On any fault nothing changes and the faults are
  /// kept for status; the error's text has one fault a line.
  Result<void> load(WallTime now);

  [[nodiscard]] std::shared_ptr<const Config> config() const { return config_; }
  [[nodiscard]] const ConfigStatus& status() const { return status_; }

 private:
  std::string path_;
  bool given_;
  std::shared_ptr<const Config> config_;
  ConfigStatus status_;
};

}  // namespace m1opt::app
