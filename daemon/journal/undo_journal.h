#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "journal/database.h"
#include "journal/file_place.h"
#include "journal/record_text.h"
#include "model/undo_record.h"

namespace m1opt::journal {

/// A pause that must survive a restart of the daemon, but not a reboot.
struct StoredPause {
  BootId boot;
  std::optional<Instant> until;  ///< absent: until unpause
  std::uint32_t uid{0};
};

struct Row;

/// How a record was closed.
struct Closing {
  OutcomeCode code{};
  std::string text;
};

/// undo.db: what m1opt has changed and not yet put back, nothing else. Written
/// by one process at a time; the guardian and `--recover` open it too, only to
/// close records. A record whose effect dies with the machine is written before
/// the act (it survives a crash of the daemon, not a power cut); one that
/// outlives a reboot is on the disk when add() returns: its attributes decide
/// (model::outlives_reboot), nobody can forget it.
class UndoJournal {
 public:
  using IfAbsent = journal::IfAbsent;
  /// A file that is not a plain one of ours is `not_permitted`, a newer m1opt's `unsupported`, one
  /// locked by another program `busy` after half a second, what is no database `parse`.
  static Result<UndoJournal> open(const std::string& path, IfAbsent absent = IfAbsent::create);

  /// What became of a damaged journal.
  struct Damage {
    std::string kept_as;      ///< its new name; empty: there was no damage
    std::string text;         ///< what was found
    std::size_t salvaged{0};  ///< open records that could still be read whole; they are open again
  };
  /// As open(), and every page and row is checked. A damaged file is replaced by a new one with those
  /// open records that carry their own proof of being whole, and kept as PATH.damaged-N. The new
  /// one is complete before the damaged one is touched: without room for it all stays as it was, and
  /// where a call ended in the middle the next one goes on.
  static Result<UndoJournal> open_or_set_aside(const std::string& path, Damage& damage);

  /// For a file system that is full or read-only: needs no room and makes no file. Only to read
  /// what is open; while the guardian or a daemon has the file open it is `busy`. Of a damaged one
  /// those records that are whole stand in one in memory, and `damage` says what was found.
  static Result<UndoJournal> open_to_read(const std::string& path, std::string* damage = nullptr);

  UndoJournal(UndoJournal&&) noexcept;
  UndoJournal& operator=(UndoJournal&&) noexcept;
  ~UndoJournal();

  /// Stores an open record and returns its new id, which is also put in the stored text. Synced
  /// when the record says so (or `at_least` does). An error means that nothing may be changed.
  Result<RecordId> add(UndoRecord record, Durability at_least = Durability::written);
  /// Replaces an open record (new threads or children came in).
  Result<void> update(const UndoRecord& record);
  /// Closing twice is no error: the first outcome stays. What cannot be written now is kept and
  /// written before anything else is, or by try_again().
  Result<void> close(RecordId id, OutcomeCode code, const std::string& text);
  /// Absent while the record is open, and when there is none of that number: nobody is left stopped
  /// because a row was lost.
  Result<std::optional<Closing>> closing(RecordId id);
  /// Suspended processes first, then by id. An unreadable record is an error
  /// that names its id; the others are still returned through `unreadable`.
  Result<std::vector<UndoRecord>> open_records(std::vector<RecordId>* unreadable = nullptr);

  /// Are the files still those that were opened? The error names the one that is not.
  [[nodiscard]] Result<void> check_place() const { return place_.check(); }
  /// Why the last write failed; absent after one that did not.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  /// Writes something that means nothing, and what close() could not: does it work again?
  Result<void> try_again();

  /// Call it at each start: a power cut may have taken the last records that were only written, and
  /// their ids must not come back. Those up to `beyond` neither.
  Result<void> skip_ids(RecordId beyond = 0);
  [[nodiscard]] RecordId last_id() const { return last_id_; }
  /// Moves the log into the data file once it has grown; costs a sync, so never before an act.
  void keep_small();
  /// Forgets old closed records and gives the space back.
  Result<void> tidy();

  Result<void> store_pause(const std::optional<StoredPause>& pause);
  Result<std::optional<StoredPause>> load_pause();

 private:
  struct Unclosed {
    RecordId id;
    OutcomeCode code;
    std::string text;
  };
  UndoJournal(Database db, std::string path);
  Result<void> prepare_schema();
  static Result<UndoJournal> open_raw(const std::string& path);
  /// Every page, every row. `parse` when anything is not as it was written.
  Result<void> check();
  /// The same, and it can be written.
  Result<void> verify();
  /// What is open and can still be read whole of a damaged file, without an end at the first bad page.
  std::vector<Row> salvage();
  /// Takes over what was salvaged, under the same ids; those up to `last` are not used again.
  Result<void> keep(const std::vector<Row>& rows, RecordId last);
  /// Makes a complete journal for the place of the damaged one, beside it.
  static Result<void> build_replacement(const std::string& path, const std::vector<Row>& rows, RecordId last);
  static Result<void> fill(const std::string& part, const std::vector<Row>& rows, RecordId last);
  /// One transaction; when it returns without error the record is where the next one looks for it.
  Result<void> write(Durability durability, const std::function<Result<void>()>& body);
  Result<void> transact(Durability durability, const std::function<Result<void>()>& body);
  Result<void> store_closing(const Unclosed& closing);
  Result<void> catch_up();

  Database db_;
  std::string path_;
  FilePlace place_;
  RecordId last_id_{0};
  std::optional<Error> fault_;
  std::vector<Unclosed> unclosed_;
};

}  // namespace m1opt::journal
