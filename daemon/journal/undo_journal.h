#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/record_text.h"
#include "model/undo_record.h"

struct sqlite3;

namespace m1opt::journal {

/// A pause that must survive a restart of the daemon, but not a reboot.
struct StoredPause {
  BootId boot;
  std::optional<Instant> until;  ///< absent: until unpause
  std::uint32_t uid{0};
};

/// How a record was closed.
struct Closing {
  OutcomeCode code{};
  std::string text;
};

/// undo.db: what m1opt has changed and not yet put back, nothing else. Written
/// by one process at a time; the guardian and `--recover` open it too, only to
/// close records. A record whose effect dies with the machine is written before
/// the act (it survives a crash of the daemon, not a power cut); `durable` ones
/// are synced as well.
class UndoJournal {
 public:
  /// Makes the file (0600) when absent. A file that is no database of ours or
  /// damaged is an error; open_or_set_aside() keeps it and starts a new one.
  static Result<UndoJournal> open(const std::string& path);
  /// As open(); on damage the old file is renamed to PATH.damaged-N and
  /// `set_aside` receives its new name.
  static Result<UndoJournal> open_or_set_aside(const std::string& path, std::string& set_aside);

  UndoJournal(UndoJournal&&) noexcept;
  UndoJournal& operator=(UndoJournal&&) noexcept;
  ~UndoJournal();

  /// Stores an open record and returns its new id, which is also put in the stored text.
  Result<RecordId> add(UndoRecord record);
  /// Replaces an open record (new threads or children came in).
  Result<void> update(const UndoRecord& record);
  /// Closing twice is no error: the first outcome stays.
  Result<void> close(RecordId id, OutcomeCode code, const std::string& text);
  /// Absent while the record is open; `gone` for one that is not there any more.
  Result<std::optional<Closing>> closing(RecordId id);
  /// Suspended processes first, then by id. An unreadable record is an error
  /// that names its id; the others are still returned through `unreadable`.
  Result<std::vector<UndoRecord>> open_records(std::vector<RecordId>* unreadable = nullptr);
  /// Forgets closed records but the newest 100 (as each add() does), and gives the space back.
  Result<void> tidy();

  Result<void> store_pause(const std::optional<StoredPause>& pause);
  Result<std::optional<StoredPause>> load_pause();

 private:
  struct Closer {
    void operator()(sqlite3* db) const;
  };
  explicit UndoJournal(std::unique_ptr<sqlite3, Closer> db);
  Result<void> prepare_schema();

  std::unique_ptr<sqlite3, Closer> db_;
};

}  // namespace m1opt::journal
