#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace m1opt::wire {

/// What a type adds to the key of a member: C++ names carry no unit because the
/// type does, JSON has no types and so the key says it.
template <class T>
struct Unit {
  static constexpr std::string_view kSuffix = "";
  static constexpr std::string_view kWord = "";
};
template <>
struct Unit<base::Bytes> {
  static constexpr std::string_view kSuffix = "_bytes";
  static constexpr std::string_view kWord = "bytes";
};
template <>
struct Unit<base::BytesPerSecond> {
  static constexpr std::string_view kSuffix = "_bytes_per_s";
  static constexpr std::string_view kWord = "bytes per second";
};
template <>
struct Unit<base::Percent> {
  static constexpr std::string_view kSuffix = "_percent";
  static constexpr std::string_view kWord = "percent, 0 to 100";
};
template <>
struct Unit<base::MilliCelsius> {
  static constexpr std::string_view kSuffix = "_celsius";
  static constexpr std::string_view kWord = "degrees Celsius";
};
template <>
struct Unit<base::Duration> {
  static constexpr std::string_view kSuffix = "_s";
  static constexpr std::string_view kWord = "seconds";
};
template <class T>
struct Unit<std::optional<T>> : Unit<T> {};
template <class T>
struct Unit<std::vector<T>> : Unit<T> {};

template <class>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

/// The name without the underscore that a member needs when its name would be a
/// word of the language (`for_` is `for`).
constexpr std::string_view stem_of(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}

/// The JSON key of a member of type T.
template <class T>
std::string key_of(std::string_view member) {
  return std::string(stem_of(member)).append(Unit<T>::kSuffix);
}

}  // namespace m1opt::wire
