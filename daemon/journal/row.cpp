#include "journal/row.h"

#include "journal/checksum.h"

namespace m1opt::journal {

std::int64_t Row::sum() const {
  std::uint64_t sum = checksum(std::to_string(id));
  const std::string_view closed = outcome ? std::string_view(*outcome) : std::string_view();
  for (const std::string_view part : {std::string_view(kind), std::string_view(record),
                                      std::string_view(lasting ? "lasting" : ""), closed,
                                      std::string_view(text)}) {
    sum = checksum(part, checksum({"\n", 1}, sum));
  }
  return static_cast<std::int64_t>(checksum(outcome ? "closed" : "open", sum));
}

Result<Row> read_row(const Statement& statement) {
  Row row;
  row.id = statement.integer(0);
  row.kind = statement.text(1);
  const std::int64_t lasting = statement.integer(2);
  row.lasting = lasting != 0;
  row.record = statement.text(3);
  if (!statement.is_null(4)) row.outcome = statement.text(4);
  row.text = statement.text(5);
  if (statement.integer(6) == row.sum() && (lasting == 0 || lasting == 1)) return row;
  return Error{Errc::parse, 0, "record " + std::to_string(row.id) + " is damaged"};
}

Result<std::optional<Row>> find_row(sqlite3* db, RecordId id) {
  Statement query(db, "SELECT id, kind, lasting, record, outcome, text, sum FROM undo WHERE id = ?");
  auto there = query.bind(id).step();
  if (!there) return there.error();
  if (!*there) return std::optional<Row>{};
  auto row = read_row(query);
  if (!row) return row.error();
  return std::optional<Row>(std::move(*row));
}

Result<void> store_row(sqlite3* db, const Row& row) {
  Statement store(db,
                  "INSERT OR REPLACE INTO undo(id, kind, lasting, record, outcome, text, sum)"
                  " VALUES(?, ?, ?, ?, ?, ?, ?)");
  store.bind(row.id).bind(row.kind).bind(row.lasting ? 1 : 0).bind(row.record);
  if (row.outcome) {
    store.bind(*row.outcome);
  } else {
    store.bind_null();
  }
  return store.bind(row.text).bind(row.sum()).run();
}

}  // namespace m1opt::journal
