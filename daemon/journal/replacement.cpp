#include "journal/replacement.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fault.h"
#include "base/file.h"
#include "journal/row.h"
#include "journal/statement.h"
#include "journal/undo_journal.h"

namespace m1opt::journal {

namespace {

void remove_files(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : kDatabaseFiles) std::filesystem::remove(path + suffix, ignored);
}

}  // namespace

std::string replacement_of(const std::string& path) { return path + ".new"; }

bool has_replacement(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(replacement_of(path), ignored);
}

Result<void> UndoJournal::keep(const std::vector<Row>& rows, RecordId last) {
  for (const Row& row : rows) last = std::max(last, row.id);
  auto stored = write(Durability::synced, [&]() -> Result<void> {
    for (const Row& row : rows) {
      if (auto done = store_row(db_.get(), row); !done) return done;
    }
    return {};
  });
  return stored ? skip_ids(last) : stored;
}

Result<void> UndoJournal::fill(const std::string& part, const std::vector<Row>& rows, RecordId last) {
  auto fresh = open(part);
  if (!fresh) return fresh.error();
  fault_point("journal.begun");
  if (auto kept = fresh->keep(rows, last); !kept) return kept;
  fault_point("journal.filled");
  // All of it in one file, which can be renamed; it is synced by that.
  Statement checkpoint(fresh->db_.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
  auto row = checkpoint.step();
  if (!row) return row.error();
  if (checkpoint.integer(0) != 0) return Error{Errc::busy, 0, part + " is in use"};
  return {};
}

Result<void> UndoJournal::build_replacement(const std::string& path, const std::vector<Row>& rows,
                                            RecordId last) {
  const std::string part = path + ".part";
  remove_files(part);
  if (auto filled = fill(part, rows, last); !filled) {
    remove_files(part);
    return filled;
  }
  fault_point("journal.closed");
  if (::rename(part.c_str(), replacement_of(path).c_str()) != 0) {
    return error_from_errno("rename " + part, errno);
  }
  sync_directory_of(path);
  fault_point("journal.complete");
  return {};
}

Result<std::string> put_in_place(const std::string& path) {
  auto kept = name_for_damaged(path);
  if (!kept) return kept;
  // Before the new one is there: it must not find a log that is not its own.
  for (const char* suffix : {"-wal", "-shm"}) {
    if (::rename((path + suffix).c_str(), (*kept + suffix).c_str()) != 0 && errno != ENOENT) {
      return error_from_errno("set aside " + path + suffix, errno);
    }
    fault_point("journal.log_aside");
  }
  // A second name, so that the place is never empty.
  if (::link(path.c_str(), kept->c_str()) != 0 && errno != EEXIST && errno != ENOENT) {
    return error_from_errno("set aside " + path, errno);
  }
  sync_directory_of(path);
  fault_point("journal.kept");
  if (::rename(replacement_of(path).c_str(), path.c_str()) != 0) {
    return error_from_errno("rename " + replacement_of(path), errno);
  }
  sync_directory_of(path);
  fault_point("journal.replaced");
  return kept;
}

}  // namespace m1opt::journal
