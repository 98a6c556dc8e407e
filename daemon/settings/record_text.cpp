#include "settings/record_text.h"

#include <array>
#include <boost/json.hpp>

namespace m1opt::settings {

namespace json = boost::json;

namespace {

constexpr std::string_view kSchema = "m1opt.settings_journal/";
constexpr int kVersion = 1;
constexpr std::array kFates{"asked", "observed", "undone", "not_taken", "changed", "failed"};

json::value encode(const Reading& reading) {
  if (!reading) return nullptr;
  return {{"type", reading->type}, {"text", reading->text}};
}

json::object encode(const Record& record) {
  json::array arguments;
  for (const std::string& argument : record.target.arguments) arguments.emplace_back(argument);
  return {{"id", record.id},
          {"setting", record.setting},
          {"scope", to_string(record.scope)},
          {"lifetime", to_string(record.lifetime)},
          {"means", to_string(record.target.means)},
          {"arguments", std::move(arguments)},
          {"before", encode(record.before)},
          {"set", encode(record.set)},
          {"wall_ms", record.wall_ms},
          {"ended_ms", record.ended_ms},
          {"boot", record.boot},
          {"fate", to_string(record.fate)},
          {"open", record.open},
          {"text", record.text}};
}

std::optional<Fate> fate_of(std::string_view text) {
  for (std::size_t i = 0; i < kFates.size(); ++i) {
    if (text == kFates.at(i)) return static_cast<Fate>(i);
  }
  return std::nullopt;
}

/// The fields of an object; the first one that is not as it should be is remembered by its name.
class Fields {
 public:
  explicit Fields(const json::value& value) : object_(value.if_object()) {
    if (object_ == nullptr) fault_ = "no object";
  }

  std::string text(std::string_view name) {
    const json::value* value = find(name);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    return wrong(name), std::string();
  }
  template <class Enum>
  Enum word(std::string_view name, std::optional<Enum> (*parse)(std::string_view)) {
    const auto found = parse(text(name));
    if (!found) wrong(name);
    return found.value_or(Enum{});
  }
  template <class Number>
  Number number(std::string_view name) {
    const json::value* value = find(name);
    boost::system::error_code error;
    const Number number = value != nullptr ? value->to_number<Number>(error) : Number{};
    if (value == nullptr || error) wrong(name);
    return number;
  }
  bool flag(std::string_view name) {
    const json::value* value = find(name);
    if (value != nullptr && value->is_bool()) return value->get_bool();
    return wrong(name), false;
  }
  std::vector<std::string> list(std::string_view name) {
    std::vector<std::string> words;
    const json::value* value = find(name);
    if (value == nullptr || !value->is_array()) return wrong(name), words;
    for (const json::value& word : value->get_array()) {
      if (!word.is_string()) wrong(name);
      if (word.is_string()) words.emplace_back(word.get_string());
    }
    return words;
  }
  Reading reading(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) return wrong(name), Reading{};
    if (value->is_null()) return {};
    Fields inner(*value);
    Value read{inner.text("type"), inner.text("text")};
    if (!inner.fault_.empty()) wrong(name);
    return read;
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const json::value* find(std::string_view name) {
    return object_ != nullptr ? object_->if_contains(name) : nullptr;
  }
  void wrong(std::string_view name) {
    if (fault_.empty()) fault_ = "\"" + std::string(name) + "\" of a record is not as it should be";
  }

  const json::object* object_;
  std::string fault_;
};

Result<Record> record_of(const json::value& value) {
  Fields fields(value);
  Record record;
  record.id = fields.number<std::uint64_t>("id");
  record.setting = fields.text("setting");
  record.scope = fields.word("scope", scope_of);
  record.lifetime = fields.word("lifetime", lifetime_of);
  record.target = {fields.word("means", means_of), fields.list("arguments")};
  record.before = fields.reading("before");
  record.set = fields.reading("set");
  record.wall_ms = fields.number<std::int64_t>("wall_ms");
  record.ended_ms = fields.number<std::int64_t>("ended_ms");
  record.boot = fields.text("boot");
  record.fate = fields.word("fate", fate_of);
  record.open = fields.flag("open");
  record.text = fields.text("text");
  if (!fields.fault().empty()) return Error{Errc::parse, 0, fields.fault()};
  return record;
}

}  // namespace

const char* to_string(Fate fate) { return kFates.at(static_cast<std::size_t>(fate)); }

std::string to_text(const std::vector<Record>& records) {
  json::array list;
  for (const Record& record : records) list.push_back(encode(record));
  const json::object whole{{"schema", std::string(kSchema) + std::to_string(kVersion)},
                           {"records", std::move(list)}};
  return json::serialize(whole) + "\n";
}

Result<std::vector<Record>> records_from_text(std::string_view text) {
  boost::system::error_code error;
  const json::value whole = json::parse(text, error);
  if (error) return Error{Errc::parse, 0, error.message()};
  Fields fields(whole);
  const std::string schema = fields.text("schema");
  if (!schema.starts_with(kSchema)) return Error{Errc::parse, 0, "its schema is \"" + schema + "\""};
  if (schema != std::string(kSchema) + std::to_string(kVersion)) {
    return Error{Errc::unsupported, 0, "it was written by a newer m1opt (" + schema + ")"};
  }
  const json::value* list = whole.get_object().if_contains("records");
  if (list == nullptr || !list->is_array()) return Error{Errc::parse, 0, "it has no records"};
  std::vector<Record> records;
  for (const json::value& value : list->get_array()) {
    auto record = record_of(value);
    if (!record) return record.error();
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace m1opt::settings
