#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "wire/settings.h"

namespace m1opt::serve {

using namespace m1opt::base;

/// What serve/ may ask of the system's settings, on the slow thread.
class SettingsArchive {
 public:
  virtual ~SettingsArchive() = default;

  [[nodiscard]] virtual std::vector<std::string> setting_names() const = 0;
  virtual wire::SettingsDocument list_settings() = 0;
  virtual Result<wire::SettingsHistoryDocument> settings_history() = 0;
  /// Sets one row, or notes the wish to; `try_only`: only says what would be done. On an error nothing
  /// was changed; `gone`: no such row. What was tried and did not go well is a report with its outcome.
  virtual Result<wire::SettingReport> apply_setting(const std::string& name, bool try_only) = 0;
  /// Puts it back as it was, by the name that is in the journal. The same errors.
  virtual Result<wire::SettingReport> undo_setting(const std::string& name, bool try_only) = 0;
};

}  // namespace m1opt::serve
