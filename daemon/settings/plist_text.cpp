#include "settings/plist_text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "platform/text.h"

namespace m1opt::settings {

namespace {

struct Type {
  std::string_view element;
  std::string_view name;  ///< as `defaults read-type` has it
};
constexpr std::array kTypes{
    Type{"true", "boolean"}, Type{"false", "boolean"}, Type{"integer", "integer"},
    Type{"real", "float"},   Type{"string", "string"}, Type{"date", "date"},
    Type{"data", "data"},    Type{"array", "array"},   Type{"dict", "dictionary"},
};

struct Entity {
  std::string_view name;
  char sign;
};
constexpr std::array kEntities{Entity{"amp", '&'}, Entity{"lt", '<'}, Entity{"gt", '>'},
                               Entity{"quot", '"'}, Entity{"apos", '\''}};

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6U));
    text += static_cast<char>(0x80 | (code & 0x3FU));
  } else {
    if (code >= 0x10000) text += static_cast<char>(0xF0 | (code >> 18U));
    text += static_cast<char>(code >= 0x10000 ? 0x80 | ((code >> 12U) & 0x3FU) : 0xE0 | (code >> 12U));
    text += static_cast<char>(0x80 | ((code >> 6U) & 0x3FU));
    text += static_cast<char>(0x80 | (code & 0x3FU));
  }
}

/// "#38" and "amp"; false when it is neither.
bool append_entity(std::string& text, std::string_view name) {
  for (const Entity& entity : kEntities) {
    if (entity.name == name) return text += entity.sign, true;
  }
  if (!name.starts_with('#')) return false;
  name.remove_prefix(1);
  const int base = name.starts_with('x') ? 16 : 10;
  if (base == 16) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
  if (error != std::errc{} || end != name.data() + name.size() || code == 0 || code > 0x10FFFF) return false;
  append_utf8(text, code);
  return true;
}

Result<std::string> decode(std::string_view raw) {
  std::string text;
  while (!raw.empty()) {
    const std::size_t sign = raw.find('&');
    text += raw.substr(0, sign);
    if (sign == std::string_view::npos) break;
    const std::size_t end = raw.find(';', sign);
    if (end == std::string_view::npos || !append_entity(text, raw.substr(sign + 1, end - sign - 1))) {
      return Error{Errc::parse, 0, "a property list with a sign that it does not explain"};
    }
    raw.remove_prefix(end + 1);
  }
  return text;
}

std::string encode(std::string_view text) {
  std::string xml;
  for (const char c : text) {
    if (c == '&') {
      xml += "&amp;";
    } else if (c == '<') {
      xml += "&lt;";
    } else if (c == '>') {
      xml += "&gt;";
    } else {
      xml += c;
    }
  }
  return xml;
}

struct Tag {
  std::string_view name;  ///< of a closing one "/dict"
  std::size_t begin{0};   ///< where "<" stands
  std::size_t end{0};     ///< behind ">"
  bool empty{false};      ///< "<true/>"
};

class Scanner {
 public:
  explicit Scanner(std::string_view xml) : xml_(xml) {}

  /// The next one that is no declaration and no comment; its name is empty at the end.
  Tag next() {
    for (;;) {
      Tag tag;
      tag.begin = xml_.find('<', at_);
      if (tag.begin == std::string_view::npos) return {};
      const bool comment = xml_.substr(tag.begin).starts_with("<!--");
      tag.end = xml_.find(comment ? "-->" : ">", tag.begin);
      if (tag.end == std::string_view::npos) return {};
      tag.end += comment ? 3 : 1;
      at_ = tag.end;
      std::string_view inside = xml_.substr(tag.begin + 1, tag.end - tag.begin - 2);
      if (inside.starts_with('?') || inside.starts_with('!')) continue;
      tag.empty = inside.ends_with('/');
      if (tag.empty) inside.remove_suffix(1);
      tag.name = inside.substr(0, inside.find_first_of(" \t\r\n"));
      return tag;
    }
  }

  /// The end of the element that `tag` opens, behind its closing tag; npos when it has none.
  std::size_t end_of(const Tag& tag) {
    int depth = tag.empty ? 0 : 1;
    while (depth > 0) {
      const Tag inner = next();
      if (inner.name.empty()) return std::string_view::npos;
      if (!inner.empty) depth += inner.name.starts_with('/') ? -1 : 1;
    }
    return at_;
  }

  [[nodiscard]] std::string_view piece(std::size_t begin, std::size_t end) const {
    return xml_.substr(begin, end - begin);
  }

 private:
  std::string_view xml_;
  std::size_t at_{0};
};

const Error kNoList{Errc::parse, 0, "what it printed is no property list"};

/// Between the tags of an element.
std::string_view inside_of(std::string_view element) {
  const std::size_t open = element.find('>');
  const std::size_t close = element.rfind('<');
  return close > open ? element.substr(open + 1, close - open - 1) : std::string_view{};
}

Result<Value> value_of(std::string_view name, std::string_view element) {
  for (const Type& type : kTypes) {
    if (type.element != name) continue;
    std::string text(element);
    if (type.name == "boolean") text = name;
    const bool is_number = type.name == "integer" || type.name == "float";
    if (is_number || type.name == "string") {
      auto decoded = decode(inside_of(element));
      if (!decoded) return decoded.error();
      text = is_number ? std::string(platform::trim(*decoded)) : *decoded;
    }
    return Value{std::string(type.name), text};
  }
  return Error{Errc::parse, 0, "a property list with an unknown type: " + std::string(name)};
}

}  // namespace

Result<Reading> find_in_plist(std::string_view xml, std::string_view key) {
  Scanner scanner(xml);
  if (scanner.next().name != "plist") return kNoList;
  const Tag whole = scanner.next();
  if (whole.name != "dict") return kNoList;
  while (!whole.empty) {
    const Tag tag = scanner.next();
    if (tag.name == "/dict") break;
    if (tag.name != "key") return kNoList;
    const std::size_t key_end = scanner.end_of(tag);
    const Tag value = scanner.next();
    const std::size_t value_end = scanner.end_of(value);
    if (key_end == std::string_view::npos || value_end == std::string_view::npos || value.name.empty()) {
      return kNoList;
    }
    const auto name = decode(inside_of(scanner.piece(tag.begin, key_end)));
    if (!name) return name.error();
    if (*name != key) continue;
    auto found = value_of(value.name, scanner.piece(value.begin, value_end));
    if (!found) return found.error();
    return Reading(std::move(*found));
  }
  return Reading{};
}

std::string plist_of(const Value& value) {
  std::string element = value.text;
  for (const Type& type : kTypes) {
    if (type.name != value.type) continue;
    const std::string name(type.element);
    if (type.name == "boolean") element = "<" + value.text + "/>";
    if (type.name == "integer" || type.name == "float" || type.name == "string") {
      element = "<" + name + ">" + encode(value.text) + "</" + name + ">";
    }
    break;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">" + element + "</plist>\n";
}

}  // namespace m1opt::settings
