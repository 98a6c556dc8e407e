#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "settings/setting.h"

namespace m1opt::settings {

/// What became of a change.
enum class Fate {
  asked,        ///< written down, perhaps not yet done
  observed,     ///< read back as it was set
  undone,       ///< as it was before
  not_taken,    ///< the system did not take it; as before
  changed,      ///< somebody changed it since: left as it is
  failed        ///< could not be put back; still open
};
const char* to_string(Fate fate);

/// One change, kept after it was undone too.
struct Record {
  std::uint64_t id{0};
  std::string setting;
  Scope scope{Scope::user};
  Lifetime lifetime{Lifetime::until_undone};
  Target target{};
  Reading before{};
  Reading set{};
  std::int64_t wall_ms{0};   ///< when it was made, since 1970
  std::int64_t ended_ms{0};  ///< when it was closed; 0: open
  std::string boot{};        ///< the boot it was made in
  Fate fate{Fate::asked};
  bool open{true};
  std::string text{};  ///< why, when it did not go well

  bool operator==(const Record&) const = default;
};

/// settings.json in a directory of its owner's: each change is in it, synced, before it is made.
/// While it lives nobody else can open it for writing. Closed records stay, the last 200.
class SettingsJournal {
 public:
  enum class Use { read, write };

  /// Makes the file when it is first written. Errors, each with what to do: another owner, a symlink,
  /// a newer format (`unsupported`), somebody at work on it (`busy`). A damaged file is kept beside
  /// it as settings.json.damaged-N and is an error once, so that nobody takes it for an empty one.
  static Result<SettingsJournal> open(const std::string& directory, Use use);

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  /// Open ones, the last first: the order of undo.
  [[nodiscard]] std::vector<Record> open_records() const;

  /// Synced when it returns; the id. On error nothing is in the journal.
  Result<std::uint64_t> add(Record record);
  /// The same record with another fate, text or end; synced when it returns.
  Result<void> update(const Record& record);

 private:
  SettingsJournal(std::string path, Fd lock, std::vector<Record> records);
  Result<void> save(std::vector<Record> records);

  std::string path_;
  Fd lock_;
  std::vector<Record> records_;
};

}  // namespace m1opt::settings
