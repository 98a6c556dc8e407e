#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "journal/statement.h"
#include "model/undo_record.h"

namespace m1opt::journal {

using namespace m1opt::model;

/// One row of the table `undo`. Pages of a database carry no checksum, so each row has its own: a
/// row that does not fit it is damage, never a record.
struct Row {
  RecordId id{0};
  std::string kind;
  bool lasting{false};  ///< synced when it was opened, so closing it is synced too
  std::string record;
  std::optional<std::string> outcome;  ///< absent while open
  std::string text;

  [[nodiscard]] std::int64_t sum() const;
};

constexpr const char* kAllRows = "SELECT id, kind, lasting, record, outcome, text, sum FROM undo ORDER BY id";
constexpr const char* kAllRowsBackwards =
    "SELECT id, kind, lasting, record, outcome, text, sum FROM undo ORDER BY id DESC";

/// The row that a statement over these columns stands on; `parse` when it is damaged.
Result<Row> read_row(const Statement& statement);
/// By id; absent when there is none.
Result<std::optional<Row>> find_row(sqlite3* db, RecordId id);
Result<void> store_row(sqlite3* db, const Row& row);

}  // namespace m1opt::journal
