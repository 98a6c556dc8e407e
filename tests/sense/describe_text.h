#pragma once

#include <fmt/format.h>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/process_id.h"
#include "base/quantity.h"
#include "base/units.h"

namespace m1opt::test {

/// Any described struct as lines "path = value", for golden files: absent
/// fields are shown as such, times in seconds.
class DescribeText {
 public:
  template <class T>
  void add(const std::string& path, const T& value) {
    if constexpr (boost::describe::has_describe_members<T>::value) {
      boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
          [&](auto member) { add(path + "." + member.name, value.*member.pointer); });
    } else if constexpr (boost::describe::has_describe_enumerators<T>::value) {
      line(path, boost::describe::enum_to_string(value, "?"));
    } else if constexpr (std::is_same_v<T, base::ProcessId>) {
      line(path, fmt::format("{}@{}", value.pid, value.start));
    } else if constexpr (std::is_same_v<T, base::Duration>) {
      line(path, fmt::format("{} s", base::seconds_of(value)));
    } else {
      add_plain(path, value);
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  template <class T>
  void add_plain(const std::string& path, const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      line(path, "\"" + value + "\"");
    } else {
      line(path, fmt::format("{}", value));
    }
  }
  template <class Tag, class Rep>
  void add_plain(const std::string& path, const base::Quantity<Tag, Rep>& value) {
    if constexpr (std::is_floating_point_v<Rep>) {
      line(path, fmt::format("{:.3f}", value.value()));
    } else {
      line(path, fmt::format("{}", value.value()));
    }
  }
  template <class T>
  void add_plain(const std::string& path, const std::optional<T>& value) {
    if (value) return add(path, *value);
    line(path, "absent");
  }
  template <class T>
  void add_plain(const std::string& path, const std::vector<T>& values) {
    if (values.empty()) line(path, "none");
    for (std::size_t i = 0; i < values.size(); ++i) add(fmt::format("{}[{}]", path, i), values[i]);
  }
  void line(const std::string& path, const std::string& value) {
    text_ += path + " = " + value + "\n";
  }

  std::string text_;
};

}  // namespace m1opt::test
