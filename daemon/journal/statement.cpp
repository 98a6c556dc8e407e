#include "journal/statement.h"

#include <cerrno>
#include <system_error>

namespace m1opt::journal {

Error sqlite_error(sqlite3* db, const std::string& what) {
  const int code = sqlite3_errcode(db);
  const std::string text = what + ": " + sqlite3_errmsg(db);
  const int os_errno = sqlite3_system_errno(db);
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::busy, os_errno, text};
    // ERROR and the like: tables that are not as we make them.
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG: return {Errc::parse, os_errno, text};
    case SQLITE_PERM:
    case SQLITE_READONLY: return {Errc::not_permitted, os_errno, text};
    case SQLITE_FULL: return {Errc::io, ENOSPC, text};
    default: break;
  }
  // "disk I/O error" says nothing without it.
  return {Errc::io, os_errno,
          os_errno == 0 ? text : text + " (" + std::generic_category().message(os_errno) + ")"};
}

Result<void> execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return sqlite_error(db, sql);
  return {};
}

Statement::Statement(sqlite3* db, const char* sql) : db_(db) {
  status_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::int64_t value) {
  if (status_ == SQLITE_OK) status_ = sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind_real(double value) {
  if (status_ == SQLITE_OK) status_ = sqlite3_bind_double(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  if (status_ == SQLITE_OK) {
    status_ = sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                SQLITE_TRANSIENT);
  }
  return *this;
}

Statement& Statement::bind_null() {
  if (status_ == SQLITE_OK) status_ = sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Result<bool> Statement::step() {
  if (status_ != SQLITE_OK) return sqlite_error(db_, "database");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(db_, "database");
}

Result<void> Statement::run() {
  auto row = step();
  if (!row) return row.error();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace m1opt::journal
