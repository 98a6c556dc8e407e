#pragma once

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/process_id.h"
#include "base/units.h"
#include "wire/json_source.h"
#include "wire/unit.h"

/// JSON into described structs, the reverse of encode.h and strict: what is
/// not understood is a fault that names its path. Members without a key keep
/// the value they have, so the struct's own initialisers are the defaults.
namespace m1opt::wire {

struct Fault {
  std::string path;    ///< "$.rules[0].metrc"
  std::string text;    ///< what is wrong and what to write instead
  bool at_key{false};  ///< the key itself is wrong, not its value

  bool operator==(const Fault&) const = default;
};

/// `ignore` is for reading documents of a newer daemon: fields are only added.
enum class UnknownKeys { reject, ignore };

/// One member as a key that may be written.
struct KnownKey {
  std::string key;        ///< "hold_s"
  std::string_view stem;  ///< "hold"
  std::string_view unit;  ///< "seconds"; empty when it has none
};

/// "unknown key \"metrc\"; did you mean \"metric\"?"
std::string describe_unknown_key(std::string_view key, std::span<const KnownKey> known);

/// YYYY-MM-DDThh:mm:ss[.fraction]Z
std::optional<base::WallTime> parse_rfc3339(std::string_view text);

/// The part of the decoder that needs no template: where it is and what went wrong.
class DecodeState {
 public:
  DecodeState(UnknownKeys unknown, std::string root) : unknown_(unknown), path_(std::move(root)) {}

  void fault(std::string text, bool at_key = false) {
    faults_.push_back({path_, std::move(text), at_key});
  }
  void wrong_type(std::string_view expected, const boost::json::value& found);

  std::optional<std::int64_t> whole(const boost::json::value& value, std::int64_t low,
                                    std::int64_t high);
  std::optional<std::uint64_t> whole_unsigned(const boost::json::value& value, std::uint64_t high);
  std::optional<double> number(const boost::json::value& value);
  std::optional<base::Duration> seconds(const boost::json::value& value);
  std::optional<base::MilliCelsius> celsius(const boost::json::value& value);
  std::optional<std::string> string(const boost::json::value& value);
  std::optional<base::ProcessId> process(const boost::json::value& value);
  void unknown_word(std::string_view word, std::span<const std::string> known);
  void check_keys(const boost::json::object& object, std::span<const KnownKey> known);

  /// Runs `read` with the path one step longer.
  template <class Read>
  void in_key(std::string_view key, Read read) {
    const std::size_t length = path_.size();
    append_key(path_, key);
    read();
    path_.resize(length);
  }
  template <class Read>
  void in_index(std::size_t index, Read read) {
    const std::size_t length = path_.size();
    append_index(path_, index);
    read();
    path_.resize(length);
  }

  [[nodiscard]] bool failed() const { return !faults_.empty(); }
  std::vector<Fault> take_faults() { return std::move(faults_); }

 private:
  UnknownKeys unknown_;
  std::string path_;
  std::vector<Fault> faults_;
};

namespace detail {

template <class T>
void read_value(DecodeState& state, const boost::json::value& value, T& into);

template <class T>
void read_enum(DecodeState& state, const boost::json::value& value, T& into) {
  const auto word = state.string(value);
  if (!word) return;
  if (boost::describe::enum_from_string(word->c_str(), into)) return;
  std::vector<std::string> known;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
      [&](auto row) { known.emplace_back(row.name); });
  state.unknown_word(*word, known);
}

template <class T>
void read_struct(DecodeState& state, const boost::json::value& value, T& into) {
  using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;
  const boost::json::object* object = value.if_object();
  if (object == nullptr) {
    state.wrong_type("an object", value);
    return;
  }
  std::vector<KnownKey> known;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(into.*member.pointer)>;
    known.push_back({key_of<Member>(member.name), stem_of(member.name), Unit<Member>::kWord});
    if (const auto* found = object->if_contains(known.back().key)) {
      state.in_key(known.back().key, [&] { read_value(state, *found, into.*member.pointer); });
    }
  });
  state.check_keys(*object, known);
}

template <class T>
void read_list(DecodeState& state, const boost::json::value& value, std::vector<T>& into) {
  const boost::json::array* array = value.if_array();
  if (array == nullptr) {
    state.wrong_type("an array", value);
    return;
  }
  into.clear();
  for (std::size_t i = 0; i < array->size(); ++i) {
    state.in_index(i, [&] {
      T element{};
      read_value(state, (*array)[i], element);
      into.push_back(std::move(element));
    });
  }
}

template <class T, class Read>
void assign(std::optional<Read> read, T& into) {
  if (read) into = T(*std::move(read));
}

/// Every type that is one number, with or without a unit.
template <class T>
void read_number(DecodeState& state, const boost::json::value& value, T& into) {
  if constexpr (std::is_unsigned_v<T>) {
    const auto found = state.whole_unsigned(value, std::numeric_limits<T>::max());
    if (found) into = static_cast<T>(*found);
  } else if constexpr (std::is_integral_v<T>) {
    const auto found =
        state.whole(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (found) into = static_cast<T>(*found);
  } else if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, base::Percent> ||
                       std::is_same_v<T, base::BytesPerSecond>) {
    assign(state.number(value), into);
  } else if constexpr (std::is_same_v<T, base::Bytes>) {
    assign(state.whole(value, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max()),
           into);
  } else if constexpr (std::is_same_v<T, base::MilliCelsius>) {
    assign(state.celsius(value), into);
  } else if constexpr (std::is_same_v<T, base::Duration>) {
    assign(state.seconds(value), into);
  }
}

template <class T>
void read_value(DecodeState& state, const boost::json::value& value, T& into) {
  if constexpr (kIsOptional<T>) {
    if (value.is_null()) {
      into.reset();
    } else {
      read_value(state, value, into.emplace());
    }
  } else if constexpr (std::is_same_v<T, bool>) {
    if (const bool* found = value.if_bool()) {
      into = *found;
    } else {
      state.wrong_type("true or false", value);
    }
  } else if constexpr (std::is_enum_v<T>) {
    read_enum(state, value, into);
  } else if constexpr (std::is_same_v<T, base::WallTime>) {
    const auto text = state.string(value);
    const auto time = text ? parse_rfc3339(*text) : std::nullopt;
    if (time) into = *time;
    if (text && !time) state.fault("is no time like 2026-08-01T10:11:12.123Z");
  } else if constexpr (std::is_same_v<T, base::ProcessId>) {
    assign(state.process(value), into);
  } else if constexpr (std::is_same_v<T, std::string>) {
    assign(state.string(value), into);
  } else if constexpr (kIsVector<T>) {
    read_list(state, value, into);
  } else if constexpr (std::is_arithmetic_v<T> || !Unit<T>::kSuffix.empty()) {
    read_number(state, value, into);
  } else {
    read_struct(state, value, into);
  }
}

}  // namespace detail

/// Every fault, in the order of the struct's members; empty means `into` is complete.
/// With faults, `into` holds what could be read.
template <class T>
std::vector<Fault> decode(const boost::json::value& value, T& into,
                          UnknownKeys unknown = UnknownKeys::reject, std::string root = "$") {
  DecodeState state(unknown, std::move(root));
  detail::read_value(state, value, into);
  return state.take_faults();
}

}  // namespace m1opt::wire
