#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace m1opt::client::advise {

/// A row of a compiled-in table, by the names of the head. What is absent or no number is "" and 0;
/// the tests see to it that there is none.
class TableRow {
 public:
  explicit TableRow(std::map<std::string, std::string, std::less<>> cells) : cells_(std::move(cells)) {}

  [[nodiscard]] std::string text(std::string_view column) const;
  [[nodiscard]] std::uint64_t whole(std::string_view column) const;
  [[nodiscard]] double real(std::string_view column) const;

 private:
  std::map<std::string, std::string, std::less<>> cells_;
};

/// Comma separated, a text with commas in double quotes.
std::vector<TableRow> read_table(std::string_view csv);

}  // namespace m1opt::client::advise
