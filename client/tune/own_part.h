#pragma once

#include <memory>

#include "base/clock.h"
#include "client/tune/row.h"

namespace m1opt::client::tune {

/// Whose preferences are root's, and not those of the user who typed it.
bool is_root_by_sudo();

/// The settings of the user who runs this.
class OwnPart {
 public:
  using Use = os::SettingsJournal::Use;
  /// With `write` what an earlier run left in the middle is settled first. Failure: it is root by sudo,
  /// whose preferences are not the user's; or the journal cannot be used.
  static Expected<OwnPart> open(Use use);

  Row plan(const os::Setting& setting);
  Row apply(const os::Setting& setting);
  /// Of all open records or those of `names`, the last change first. With `dry_run` only what would be.
  std::vector<Row> undo(const std::vector<std::string>& names, bool dry_run);
  std::vector<Row> verify(const std::vector<std::string>& names);
  [[nodiscard]] const std::vector<os::Record>& records() const { return journal_->records(); }

 private:
  explicit OwnPart(os::SettingsJournal journal);

  std::unique_ptr<os::Tools> tools_;
  std::unique_ptr<os::SettingAccess> access_;
  std::unique_ptr<base::SystemClock> clock_;
  std::unique_ptr<os::SettingsJournal> journal_;
  std::unique_ptr<os::Engine> engine_;
};

}  // namespace m1opt::client::tune
