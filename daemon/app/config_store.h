#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config_files.h"
#include "app/options.h"
#include "app/profile_file.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/config.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// The configuration in force: the file, a profile over it, conf.d/*.json over both. Keeps the last
/// good one.
class ConfigStore {
 public:
  using ReadFacts = std::function<MachineFacts()>;

  /// `read_facts`: what "auto" goes by, asked for at each load; empty: nothing is known.
  explicit ConfigStore(const Options& options, ReadFacts read_facts = {});

  /// Reads everything again. On any fault nothing changes and the faults are
  /// kept for status; the error's text has one fault a line.
  Result<void> load(WallTime now);

  /// As load(), but a fault leaves no trace either: the files may be in the middle of a change.
  Result<void> try_load(WallTime now);

  /// Takes another profile, keeps that choice over restarts ("config": forgets it), and reads
  /// everything again. On any fault nothing changes.
  Result<void> choose_profile(const ChosenProfile& chosen, WallTime now);

  /// Where only the slow thread can count them; from the next load on.
  void set_fans(int fans) { fans_ = fans; }

  [[nodiscard]] const ConfigFiles& files() const { return files_; }
  /// Of the files when they were last read, well or not.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  [[nodiscard]] std::shared_ptr<const Config> config() const { return config_; }
  /// The configuration as it would be without its profile; null where none lies over it.
  [[nodiscard]] const Config* without_profile() const { return without_profile_.get(); }
  [[nodiscard]] std::shared_ptr<const ConfigOrigin> origin() const { return origin_; }
  [[nodiscard]] const ConfigStatus& status() const { return status_; }

 private:
  struct Loaded;
  [[nodiscard]] Result<Loaded> read(WallTime now) const;
  [[nodiscard]] ProfilePick pick(const ConfigOrigin& origin) const;
  void take(Loaded&& loaded);

  ConfigFiles files_;
  ProfileFile profile_file_;
  ReadFacts read_facts_;
  std::optional<int> fans_;
  std::optional<ChosenProfile> chosen_;
  std::optional<std::string> choice_fault_;  ///< why a choice that was kept is not known
  std::string fingerprint_;
  std::shared_ptr<const Config> config_;
  std::shared_ptr<const Config> without_profile_;
  std::shared_ptr<const ConfigOrigin> origin_;
  ConfigStatus status_;
};

}  // namespace m1opt::app
