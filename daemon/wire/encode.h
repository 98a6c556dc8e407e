#pragma once

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <string>
#include <type_traits>

#include "base/clock.h"
#include "base/process_id.h"
#include "base/units.h"
#include "wire/unit.h"

/// Described structs as JSON. The key is the member's name and the unit of its
/// type (unit.h); an absent optional is null, an enum its word, a WallTime RFC
/// 3339, a ProcessId {"pid","start"}. An Instant means nothing outside this boot
/// and is refused by the compiler.
namespace m1opt::wire {

/// A number as the documents show it: whole when it is whole, else with at most
/// `decimals`; null when it is no number.
boost::json::value encode_number(double value, int decimals);

template <class T>
std::string enum_word(T value) {
  return boost::describe::enum_to_string(value, "unknown");
}

template <class T>
boost::json::value encode(const T& value);

namespace detail {

template <class T>
boost::json::value encode_struct(const T& value) {
  using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;
  boost::json::object object;
  object.reserve(boost::mp11::mp_size<Members>::value);
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(value.*member.pointer)>;
    object.emplace(key_of<Member>(member.name), encode(value.*member.pointer));
  });
  return object;
}

}  // namespace detail

template <class T>
boost::json::value encode(const T& value) {
  static_assert(!std::is_same_v<T, base::Instant>, "an Instant never leaves the process");
  if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return boost::json::value(enum_word(value));
  } else if constexpr (std::is_integral_v<T>) {
    return value;
  } else if constexpr (std::is_floating_point_v<T>) {
    return encode_number(value, 3);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return boost::json::value(value);
  } else if constexpr (std::is_same_v<T, boost::json::value>) {
    return value;
  } else if constexpr (std::is_same_v<T, base::Bytes>) {
    return value.value();
  } else if constexpr (std::is_same_v<T, base::BytesPerSecond> ||
                       std::is_same_v<T, base::Percent>) {
    return encode_number(value.value(), 3);
  } else if constexpr (std::is_same_v<T, base::MilliCelsius>) {
    return encode_number(static_cast<double>(value.value()) / 1000.0, 3);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    return encode_number(base::seconds_of(value), 6);
  } else if constexpr (std::is_same_v<T, base::WallTime>) {
    return boost::json::value(base::to_rfc3339(value));
  } else if constexpr (std::is_same_v<T, base::ProcessId>) {
    return {{"pid", value.pid}, {"start", value.start}};
  } else if constexpr (kIsOptional<T>) {
    return value ? encode(*value) : boost::json::value(nullptr);
  } else if constexpr (kIsVector<T>) {
    boost::json::array array;
    array.reserve(value.size());
    for (const auto& element : value) array.push_back(encode(element));
    return array;
  } else {
    return detail::encode_struct(value);
  }
}

}  // namespace m1opt::wire
