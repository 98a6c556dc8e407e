#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace m1opt::journal {

using namespace m1opt::base;

Error sqlite_error(sqlite3* db, const std::string& what);

/// Runs SQL that returns no rows.
Result<void> execute(sqlite3* db, const char* sql);

/// One prepared statement; used again after reset().
class Statement {
 public:
  Statement(sqlite3* db, const char* sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(std::int64_t value);
  Statement& bind_real(double value);
  Statement& bind(std::string_view text);
  Statement& bind_null();

  /// True: a row is there. False: finished.
  Result<bool> step();
  Result<void> run();

  /// To be bound anew.
  void reset();

  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_{nullptr};
  int bound_{0};
  int status_{SQLITE_OK};
};

}  // namespace m1opt::journal
