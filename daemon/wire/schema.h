#pragma once

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <string>
#include <type_traits>

#include "base/process_id.h"
#include "wire/unit.h"

/// JSON Schema (2020-12, as OpenAPI 3.1 uses it) of what encode() writes for a T.
namespace m1opt::wire {

template <class T>
boost::json::object schema_of();

namespace detail {

template <class T>
boost::json::object enum_schema() {
  boost::json::array words;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
      [&](auto row) { words.emplace_back(row.name); });
  return {{"type", "string"}, {"enum", words}};
}

template <class T>
boost::json::object struct_schema() {
  using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;
  boost::json::object properties;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
    properties.emplace(key_of<Member>(member.name), schema_of<Member>());
  });
  return {{"type", "object"}, {"properties", properties}};
}

boost::json::object number_schema(std::string_view unit);

}  // namespace detail

template <class T>
boost::json::object schema_of() {
  if constexpr (kIsOptional<T>) {
    return {
        {"anyOf", {schema_of<typename T::value_type>(), boost::json::object{{"type", "null"}}}}};
  } else if constexpr (kIsVector<T>) {
    return {{"type", "array"}, {"items", schema_of<typename T::value_type>()}};
  } else if constexpr (std::is_same_v<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::is_enum_v<T>) {
    return detail::enum_schema<T>();
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, base::Bytes>) {
    return {{"type", "integer"}};
  } else if constexpr (std::is_floating_point_v<T> || !Unit<T>::kSuffix.empty()) {
    return detail::number_schema(Unit<T>::kWord);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return {{"type", "string"}};
  } else if constexpr (std::is_same_v<T, base::WallTime>) {
    return {{"type", "string"}, {"format", "date-time"}};
  } else if constexpr (std::is_same_v<T, base::ProcessId>) {
    return {{"type", "object"},
            {"properties",
             {{"pid", {{"type", "integer"}}},
              {"start", {{"type", "integer"}, {"description", "opaque start token"}}}}}};
  } else {
    return detail::struct_schema<T>();
  }
}

}  // namespace m1opt::wire
