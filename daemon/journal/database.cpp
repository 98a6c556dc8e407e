#include "journal/database.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.h"
#include "journal/file_place.h"
#include "journal/statement.h"

namespace m1opt::journal {

namespace {

constexpr int kDamagedKept = 100;

}  // namespace

void DatabaseCloser::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Result<Database> open_database(const std::string& path, IfAbsent absent, int busy_ms) {
  if (path != kInMemory) {
    if (auto ours = check_journal_file(path); !ours) return ours.error();
    // Made here and not by SQLite, so that the log takes over the mode.
    const int flags = absent == IfAbsent::create ? O_CREAT : 0;
    Fd made(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
    if (!made.valid()) return error_from_errno("open " + path, errno);
  }
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  Database db(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, "open " + path);
  sqlite3_busy_timeout(raw, busy_ms);
  return db;
}

Result<std::int64_t> read_number(sqlite3* db, const char* sql) {
  Statement read(db, sql);
  auto row = read.step();
  if (!row) return row.error();
  return read.integer(0);
}

Result<std::int64_t> read_version(sqlite3* db, int known) {
  auto version = read_number(db, "PRAGMA user_version");
  if (!version) return version;
  if (*version > known) {
    return Error{Errc::unsupported, 0,
                 "written by a newer m1opt (schema " + std::to_string(*version) +
                     "); this one knows " + std::to_string(known)};
  }
  if (*version != 0 && *version != known) {
    return Error{Errc::parse, 0, "schema " + std::to_string(*version) + " was never released"};
  }
  return version;
}

Result<void> transact(sqlite3* db, const std::function<Result<void>()>& body) {
  auto done = execute(db, "BEGIN IMMEDIATE");
  if (!done) return done;
  done = body();
  if (done) done = execute(db, "COMMIT");
  if (!done) (void)execute(db, "ROLLBACK");
  return done;
}

Result<std::string> name_for_damaged(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (int n = 1; n <= kDamagedKept; ++n) {
    std::string kept = path + ".damaged-" + std::to_string(n);
    if (!fs::exists(kept, error) || fs::equivalent(kept, path, error)) return kept;
  }
  return Error{Errc::io, 0, path + " is damaged, and so many damaged ones are kept beside it that"
                            " no more is set aside: look at them, then remove them"};
}

Result<std::string> set_aside(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  auto name = name_for_damaged(path);
  if (!name) return name;
  const std::string& kept = *name;
  fs::rename(path, kept, error);
  if (error) return Error{Errc::io, error.value(), "set aside " + path + ": " + error.message()};
  for (const char* suffix : {"-wal", "-shm"}) fs::rename(path + suffix, kept + suffix, error);
  return name;
}

}  // namespace m1opt::journal
