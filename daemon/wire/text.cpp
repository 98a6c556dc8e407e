#include "wire/text.h"

#include <fmt/format.h>

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <iterator>

#include "wire/encode.h"
#include "wire/json_source.h"
#include "wire/utf8.h"

namespace m1opt::wire {

namespace json = boost::json;

namespace {

constexpr int kCompact = -1;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const json::value& value, int indent) {
    switch (value.kind()) {
      case json::kind::null: out_ += "null"; return;
      case json::kind::bool_: out_ += value.get_bool() ? "true" : "false"; return;
      case json::kind::int64:
        fmt::format_to(std::back_inserter(out_), "{}", value.get_int64());
        return;
      case json::kind::uint64:
        fmt::format_to(std::back_inserter(out_), "{}", value.get_uint64());
        return;
      case json::kind::double_: write_double(value.get_double()); return;
      case json::kind::string: write_string(value.get_string()); return;
      case json::kind::array: write_array(value.get_array(), indent); return;
      case json::kind::object: write_object(value.get_object(), indent); return;
    }
  }

 private:
  void write_double(double number) {
    if (!std::isfinite(number)) {
      out_ += "null";  // JSON has no word for it
      return;
    }
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }

  void write_string(std::string_view text) {
    out_ += is_utf8(text) ? json::serialize(json::string_view(text)) : json::serialize(json::string(to_utf8(text)));
  }

  void new_line(int indent) {
    if (indent == kCompact) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent) * 2, ' ');
  }

  void write_array(const json::array& array, int indent) {
    bool plain = true;
    for (const auto& element : array) plain = plain && !element.is_structured();
    const int inner = indent == kCompact || plain ? kCompact : indent + 1;
    out_ += '[';
    bool first = true;
    for (const auto& element : array) {
      if (!first) out_ += indent != kCompact && plain ? ", " : ",";
      first = false;
      new_line(inner);
      write(element, inner);
    }
    if (!first && inner != kCompact) new_line(indent);
    out_ += ']';
  }

  void write_object(const json::object& object, int indent) {
    const int inner = indent == kCompact ? kCompact : indent + 1;
    out_ += '{';
    bool first = true;
    for (const auto& [key, value] : object) {
      if (!first) out_ += ',';
      first = false;
      new_line(inner);
      write_string(key);
      out_ += indent == kCompact ? ":" : ": ";
      write(value, inner);
    }
    if (!first) new_line(indent);
    out_ += '}';
  }

  std::string& out_;
};

}  // namespace

json::value encode_number(double value, int decimals) {
  if (!std::isfinite(value)) return nullptr;
  const double scale = std::pow(10.0, decimals);
  // Beyond 2^53 there are no decimals left to round.
  const double rounded = std::abs(value) < 9e15 / scale ? std::round(value * scale) / scale : value;
  if (rounded == std::trunc(rounded) && std::abs(rounded) < 9e15) {
    return static_cast<std::int64_t>(rounded);
  }
  return rounded;
}

std::string to_text(const json::value& value) {
  std::string out;
  Writer(out).write(value, kCompact);
  return out;
}

std::string to_pretty_text(const json::value& value) {
  std::string out;
  Writer(out).write(value, 0);
  out += '\n';
  return out;
}

base::Result<json::value> parse_json(std::string_view text) {
  auto parsed = parse_source(text, json::parse_options{});
  if (parsed) return *std::move(parsed);
  const SourceError& error = parsed.error();
  return base::Error{
      base::Errc::parse, 0,
      fmt::format("line {}, column {}: {}", error.at.line, error.at.column, error.text)};
}

}  // namespace m1opt::wire
