#pragma once

#include <boost/describe.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/decode.h"
#include "wire/encode.h"

/// What changed between two values of a described struct, as JSON and back. Of a struct only the
/// members that changed, {"nice": -10}; of a list of the same length only the elements that
/// changed, under their index, {"3": {"nice": -10}}; everything else whole. Null is absent.
namespace m1opt::wire {

namespace detail {

template <class T>
inline constexpr bool kIsStruct = boost::describe::has_describe_members<T>::value;

template <class T>
using MembersOf =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// A list whose elements have members, so that a part of one may change.
template <class T>
inline constexpr bool kIsRows = false;
template <class T>
inline constexpr bool kIsRows<std::vector<T>> = kIsStruct<T>;

std::optional<std::size_t> index_of(std::string_view key);

template <class T>
const std::vector<KnownKey>& keys_of() {
  static const std::vector<KnownKey> keys = [] {
    std::vector<KnownKey> known;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
      using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
      known.push_back({key_of<Member>(member.name), stem_of(member.name), Unit<Member>::kWord});
    });
    return known;
  }();
  return keys;
}

/// Calls `take(value, member)` for each key of the object that is a member's; the others are faults.
template <class T, class Take>
void each_member(DecodeState& state, const boost::json::value& value, T& into, Take take) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr) {
    state.wrong_type("an object", value);
    return;
  }
  const auto& keys = keys_of<T>();
  std::size_t known = 0;
  std::size_t at = 0;
  boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
    const std::string& key = keys[at++].key;
    if (const auto* found = object->if_contains(key)) {
      ++known;
      state.in_key(key, [&] { take(*found, into.*member.pointer); });
    }
  });
  if (known < object->size()) state.check_keys(*object, keys);
}

template <class T, class Take>
void each_element(DecodeState& state, const boost::json::object& object, std::vector<T>& into,
                  Take take) {
  for (const auto& [key, value] : object) {
    const auto index = index_of(key);
    state.in_key(key, [&] {
      if (!index || *index >= into.size()) {
        state.fault("is no element of the list as it was", true);
      } else {
        take(value, into[*index]);
      }
    });
  }
}

}  // namespace detail

/// Nothing when they are equal.
template <class T>
std::optional<boost::json::value> diff(const T& before, const T& after) {
  if constexpr (kIsOptional<T>) {
    if (before && after) return diff(*before, *after);
    if (!before && !after) return std::nullopt;
    return encode(after);
  } else if constexpr (detail::kIsRows<T>) {
    if (before.size() != after.size()) return encode(after);
    boost::json::object changed;
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (auto part = diff(before[i], after[i])) changed.emplace(std::to_string(i), *std::move(part));
    }
    if (changed.empty()) return std::nullopt;
    return changed;
  } else if constexpr (detail::kIsStruct<T>) {
    boost::json::object changed;
    const auto& keys = detail::keys_of<T>();
    std::size_t at = 0;
    boost::mp11::mp_for_each<detail::MembersOf<T>>([&](auto member) {
      const std::string& key = keys[at++].key;
      auto part = diff(before.*member.pointer, after.*member.pointer);
      if (part) changed.emplace(key, *std::move(part));
    });
    if (changed.empty()) return std::nullopt;
    return changed;
  } else {
    if (before == after) return std::nullopt;
    return encode(after);
  }
}

/// Strict as decode(); what has no key keeps the value that it has.
template <class T>
void apply_diff(DecodeState& state, const boost::json::value& value, T& into) {
  const auto apply = [&state](const boost::json::value& part, auto& member) {
    apply_diff(state, part, member);
  };
  if constexpr (kIsOptional<T>) {
    if (value.is_null()) {
      into.reset();
    } else {
      apply(value, into ? *into : into.emplace());
    }
  } else if constexpr (detail::kIsRows<T>) {
    if (const auto* object = value.if_object()) {
      detail::each_element(state, *object, into, apply);
    } else {
      detail::read_value(state, value, into);
    }
  } else if constexpr (detail::kIsStruct<T>) {
    detail::each_member(state, value, into, apply);
  } else {
    detail::read_value(state, value, into);
  }
}

/// As apply_diff(), but each number is added to the one that is there. Fault: there is none, or the
/// sum leaves what may be written.
template <class T>
void apply_sum(DecodeState& state, const boost::json::value& value, T& into) {
  const auto apply = [&state](const boost::json::value& part, auto& member) {
    apply_sum(state, part, member);
  };
  if constexpr (kIsOptional<T>) {
    if (into) {
      apply(value, *into);
    } else {
      state.fault("is absent, so nothing can be added to it");
    }
  } else if constexpr (detail::kIsRows<T>) {
    if (const auto* object = value.if_object()) {
      detail::each_element(state, *object, into, apply);
    } else {
      state.wrong_type("an object of elements by their index", value);
    }
  } else if constexpr (detail::kIsStruct<T>) {
    detail::each_member(state, value, into, apply);
  } else if constexpr (std::is_same_v<T, base::Bytes>) {
    add_whole(state, value, into);
  } else if constexpr (std::is_same_v<T, base::Percent> || std::is_same_v<T, base::Duration> ||
                       std::is_same_v<T, base::MilliCelsius>) {
    add_fraction(state, value, into);
  } else {
    state.fault("nothing can be added to it");
  }
}

/// May be negative. For apply_sum().
void add_whole(DecodeState& state, const boost::json::value& value, base::Bytes& into);
void add_fraction(DecodeState& state, const boost::json::value& value, base::Percent& into);
void add_fraction(DecodeState& state, const boost::json::value& value, base::Duration& into);
void add_fraction(DecodeState& state, const boost::json::value& value, base::MilliCelsius& into);

}  // namespace m1opt::wire
