#pragma once

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "wire/decode.h"
#include "wire/nearest.h"

namespace m1opt::wire {

/// Collects faults below one path.
class Checker {
 public:
  Checker(std::vector<Fault>& faults, std::string path) : faults_(faults), path_(std::move(path)) {}

  [[nodiscard]] Checker at(std::string_view key) const {
    std::string path = path_;
    append_key(path, key);
    return {faults_, std::move(path)};
  }
  [[nodiscard]] Checker at(std::size_t index) const {
    std::string path = path_;
    append_index(path, index);
    return {faults_, std::move(path)};
  }
  void fault(std::string text) const { faults_.push_back({path_, std::move(text), false}); }

  void positive(std::string_view key, base::Duration value) const {
    if (value <= base::Duration::zero()) at(key).fault("must be more than 0 seconds");
  }
  template <class Number>
  void between(std::string_view key, Number value, Number low, Number high) const {
    if (value < low || value > high) {
      at(key).fault(fmt::format("{} is out of range {} to {}", value, low, high));
    }
  }
  void no_empty_text(std::string_view key, const std::vector<std::string>& list) const {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].empty()) at(key).at(i).fault("must not be empty");
    }
  }

 private:
  std::vector<Fault>& faults_;
  std::string path_;
};

template <class Row>
void check_names(const Checker& list, const std::vector<Row>& rows) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name.empty()) {
      list.at(i).at("name").fault("must not be empty");
    } else if (!seen.insert(rows[i].name).second) {
      list.at(i).at("name").fault(fmt::format("another row is named \"{}\" already", rows[i].name));
    }
  }
}

/// A row that only changes one of another file, and has its name wrong, is a new row that lacks
/// the rest: "; did you mean the row \"contention\"?"
template <class Row>
std::string hint_at_row(const std::vector<Row>& rows, std::size_t index) {
  std::vector<std::string> others;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != index && rows[i].name != rows[index].name) others.push_back(rows[i].name);
  }
  const std::string guess = nearest(rows[index].name, others);
  return guess.empty() ? guess : fmt::format("; did you mean the row \"{}\"?", guess);
}

}  // namespace m1opt::wire
