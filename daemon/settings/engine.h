#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "settings/access.h"
#include "settings/journal.h"
#include "settings/parts.h"
#include "settings/setting.h"

namespace m1opt::settings {

/// How one row or record stands, or what became of it.
enum class Outcome {
  would,      ///< plan: it would be changed
  already,    ///< it is as wanted, or as before: nothing done
  observed,   ///< changed, and read back
  undone,     ///< put back, and read back
  not_taken,  ///< read back otherwise; put back as it was
  changed,    ///< verify, undo: somebody changed it since; left as it is
  refused,    ///< nothing was done; `text` says why
  failed      ///< could not be put back, or not be told; the record stays open
};
const char* to_string(Outcome outcome);

struct Report {
  std::string setting;
  Outcome outcome{Outcome::refused};
  Reading before{};  ///< what was there; absent where it was not read too
  Reading after{};   ///< what is wanted (would) or was read at the end; absent: nothing was, or the key is not there
  std::string text{};
  Errc code{Errc::io};  ///< of `refused`, `failed` and `not_taken`
};

/// Changes settings and puts them back exactly. Each step in order, with a crash point between them:
/// read, journal (synced), write, read back, journal. Undo goes the last change first and touches a
/// value only where it is still the one that was set. Of a setting in parts each goes by itself; when all
/// that are there are put back the record is closed, and its text names one that is not there: whether it
/// ever comes again nobody knows, and an uninstallation must not wait for it.
class Engine {
 public:
  Engine(SettingAccess& access, SettingsJournal& journal, const Clock& clock, BootId boot);

  /// Reads only.
  [[nodiscard]] Report plan(const Setting& setting);
  Report apply(const Setting& setting);
  /// Of an open record: is it still as it was set?
  [[nodiscard]] Report verify(const Record& record);

  using Which = std::function<bool(const Record&)>;
  /// Open records that `which` takes; none: all.
  std::vector<Report> undo(const Which& which = {});
  /// Settles what a crash left in the middle: a change that was made is `observed`, one that was not
  /// is closed. Undoes nothing but what the reboot already has: `until_reboot` of an earlier boot.
  std::vector<Report> recover();

 private:
  struct Seen {
    Reading now{};
    Parts parts{};
    Standing standing{};
  };
  [[nodiscard]] Result<Seen> see(const Record& record);
  Report undo_one(const Record& record);
  Report put_back(const Record& record, const Seen& seen, Report report);
  Report settle(const Record& record);
  [[nodiscard]] bool is_over(const Record& record) const;
  Report take_back(Record record, const Reading& now, Report report);
  Result<void> close(Record record, Fate fate, std::string text);

  SettingAccess& access_;
  SettingsJournal& journal_;
  const Clock& clock_;
  BootId boot_;
};

}  // namespace m1opt::settings
