#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/setting_wishes.h"
#include "app/settings_recovery.h"
#include "app/tick_observer.h"
#include "serve/settings_archive.h"

namespace m1opt::app {

/// The system's settings that this daemon sets: what the API asks for, and by itself those that are
/// tied to a busy workload or to its own life. Tools and files are the slow thread's; the control
/// thread only says how things stand. The undo is the journal's (settings.json), not the guardian's:
/// nothing waits for a setting that is put back a minute later.
class SettingsKeeper final : public TickObserver, public serve::SettingsArchive {
 public:
  using Post = std::function<bool(std::function<void()>)>;
  using Report = std::function<void(const decide::Reason&)>;

  struct Parts {
    const Clock& clock;
    std::string state_directory;
    settings::SettingAccess& access;
    settings::System system{};
    std::vector<settings::Setting> rows;  ///< those of the system's scope
    BootId boot;
    std::optional<Bytes> ram;  ///< absent: not known
    bool acts{true};           ///< false: nothing is ever written
    /// What Metal gives the GPU now; absent: it does not tell.
    std::function<std::optional<Bytes>()> metal{};
  };

  explicit SettingsKeeper(Parts parts);

  /// Before there are threads: puts back what an earlier run should have put back.
  void recover();
  /// `post` does work on the slow thread; `report` makes an event of a reason, on the control thread.
  void connect(Post post, Report report);

  // Control thread.
  void note_tick(const TickRecord& tick) override;
  void note_event(const Event&) override {}
  std::vector<HealthFinding> findings() override;
  /// The daemon ends: what is tied to it is to be put back.
  void finish();
  /// Once the slow thread has ended: tries once more. Was everything put back?
  [[nodiscard]] bool end();

  // Slow thread.
  [[nodiscard]] std::vector<std::string> setting_names() const override;
  wire::SettingsDocument list_settings() override;
  Result<wire::SettingsHistoryDocument> settings_history() override;
  Result<wire::SettingReport> apply_setting(const std::string& name, bool try_only) override;
  Result<wire::SettingReport> undo_setting(const std::string& name, bool try_only) override;

 private:
  /// What of the bound ones is to be set now.
  struct Stand {
    bool running{false};  ///< the daemon may change something
    bool active{false};   ///< and a workload is busy, or was lately
    bool operator==(const Stand&) const = default;
  };

  // Slow thread.
  [[nodiscard]] const settings::Setting* find_row(const std::string& name) const;
  /// With the value that this machine takes, or why it takes none. Where `theirs`, a limit that is
  /// higher than m1opt's is somebody's, and wanted as it is.
  settings::Setting resolve(const settings::Setting& row, bool theirs = true);
  std::optional<Bytes> given_by_system();
  wire::SettingStatus read_status(const settings::Setting& row, const std::vector<settings::Record>& open);
  /// Open records and wishes that no row of this version is for, as rows.
  [[nodiscard]] std::vector<settings::Setting> without_row(const std::vector<settings::Record>& open) const;
  Result<wire::SettingReport> try_apply(const settings::Setting& row);
  Result<wire::SettingReport> try_undo(const std::string& name);
  Result<wire::SettingReport> wish(const settings::Setting& row);
  // settings_follow.cpp
  void follow();
  std::optional<settings::Report> follow_one(settings::Engine& engine, const settings::SettingsJournal& journal,
                                             const settings::Setting& row, const Stand& stand);
  /// False: something could not be put back.
  bool put_back_unwished(settings::Engine& engine, const Stand& stand);
  /// Makes an event of it, and a finding of what a person has to see to. Whoever asked is told besides.
  void note(const settings::Report& report, const std::string& why, bool asked = false);
  void note_fault(const Error& error);
  void note_journal(const std::vector<settings::Record>& open);
  [[nodiscard]] Stand current_stand();

  Parts parts_;
  SettingWishes wish_file_;
  Post post_;
  Report report_;

  // Slow thread (and before there is one).
  std::set<std::string> wishes_;
  std::optional<std::pair<Instant, wire::SettingsDocument>> listed_;
  std::optional<Bytes> given_;  ///< what Metal gives the GPU with no limit set
  std::set<std::string> told_;  ///< failures that were events; each once until it goes well

  std::mutex mutex_;
  Stand stand_;
  std::optional<Stand> followed_;  ///< what was last seen to
  bool following_{false};
  bool finished_{false};
  std::optional<Instant> retry_;
  Duration wait_{};           ///< before the next try
  bool bound_{false};         ///< there is something to set or put back by itself
  std::size_t bound_open_{0};
  std::optional<Error> fault_;
  std::vector<std::pair<std::string, HealthFinding>> findings_;  ///< by setting
  std::vector<decide::Reason> news_;
};

}  // namespace m1opt::app
