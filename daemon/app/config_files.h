#pragma once

#include <string>
#include <vector>

#include "app/options.h"
#include "base/result.h"
#include "model/profile.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// Where the configuration is: the file, and conf.d/*.json beside it.
class ConfigFiles {
 public:
  explicit ConfigFiles(const Options& options)
      : path_(options.config), given_(options.config_given) {}

  /// m1opt.json, or the default where there is none and none was asked for; then the drop-ins by
  /// name. Each must be trusted (app/trust.h).
  [[nodiscard]] Result<std::vector<ConfigText>> read() const;

  /// One text that differs whenever a file came, went, was replaced or written to; changes nothing
  /// and reads no file.
  [[nodiscard]] std::string fingerprint() const;

  /// The directories and files that there are now, for a watch.
  [[nodiscard]] std::vector<std::string> places() const;

  /// What to call it: the file, or the default.
  [[nodiscard]] std::string name() const;

 private:
  [[nodiscard]] std::string drop_in_directory() const;

  std::string path_;  ///< empty: the default alone
  bool given_;
};

}  // namespace m1opt::app
