#include "client/advise/table.h"

#include <algorithm>
#include <cstdlib>

namespace m1opt::client::advise {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char letter : line) {
    if (letter == '"') {
      quoted = !quoted;
    } else if (letter == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += letter;
    }
  }
  return cells;
}

}  // namespace

std::string TableRow::text(std::string_view column) const {
  const auto found = cells_.find(column);
  return found == cells_.end() ? std::string() : found->second;
}

std::uint64_t TableRow::whole(std::string_view column) const { return std::strtoull(text(column).c_str(), nullptr, 10); }

double TableRow::real(std::string_view column) const { return std::strtod(text(column).c_str(), nullptr); }

std::vector<TableRow> read_table(std::string_view csv) {
  std::vector<TableRow> rows;
  std::vector<std::string> head;
  while (!csv.empty()) {
    const std::size_t end = csv.find('\n');
    const auto cells = cells_of(csv.substr(0, end));
    csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
    if (head.empty()) {
      head = cells;
      continue;
    }
    std::map<std::string, std::string, std::less<>> named;
    for (std::size_t i = 0; i < std::min(head.size(), cells.size()); ++i) named[head[i]] = cells[i];
    rows.emplace_back(std::move(named));
  }
  return rows;
}

}  // namespace m1opt::client::advise
