#pragma once

#include <optional>
#include <string>
#include <vector>

#include "settings/engine.h"

namespace m1opt::app {

using namespace m1opt::base;

/// Is it put back by the daemon itself, when a workload is quiet or the daemon ends?
bool is_bound(settings::Lifetime lifetime);

/// What is put back: what the end of a run should have put back, or all that m1opt ever set.
enum class Extent { bound, everything };

struct SettingsRecovery {
  std::vector<settings::Report> reports;
  std::optional<Error> fault;  ///< the journal cannot be used: what it holds is not known, or not told

  [[nodiscard]] bool complete() const;
  /// Something stays as it is because the caller has not the rights to put it back.
  [[nodiscard]] bool lacks_rights() const;
};

/// Settles what a crash left in the middle and puts back; touches nothing when there is no journal.
SettingsRecovery recover_settings(const std::string& state_directory, settings::SettingAccess& access,
                                  const Clock& clock, const BootId& boot, Extent extent);

/// "gpu-wired-limit: 24576, put back: now 0", for a log or a terminal.
std::string text_of(const settings::Report& report);

}  // namespace m1opt::app
