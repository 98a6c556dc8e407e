#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

struct sqlite3;

/// What undo.db and history.db have in common as files.
namespace m1opt::journal {

using namespace m1opt::base;

struct DatabaseCloser {
  void operator()(sqlite3* db) const;
};
using Database = std::unique_ptr<sqlite3, DatabaseCloser>;

inline constexpr const char* kInMemory = ":memory:";

enum class IfAbsent { create, fail };
/// Opens `path`, whose directory is resolved. A file that is not a plain one of ours is
/// `not_permitted`. Whoever finds it locked by another program waits for `busy_ms` at most.
Result<Database> open_database(const std::string& path, IfAbsent absent, int busy_ms);

Result<std::int64_t> read_number(sqlite3* db, const char* sql);
/// 0: a new file. That of a newer m1opt is `unsupported`, one that was never released `parse`.
Result<std::int64_t> read_version(sqlite3* db, int known);

/// `body` in one transaction, which is undone when it fails.
Result<void> transact(sqlite3* db, const std::function<Result<void>()>& body);

/// Where a damaged file is kept: PATH.damaged-N, one that is free or is this file already.
Result<std::string> name_for_damaged(const std::string& path);
/// Moves a damaged file with its log to PATH.damaged-N, and says where.
Result<std::string> set_aside(const std::string& path);

}  // namespace m1opt::journal
