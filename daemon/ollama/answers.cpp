#include "ollama/answers.h"

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "ollama/json.h"

namespace m1opt::ollama {

namespace {

constexpr std::size_t kMostModels = 1024;
constexpr std::size_t kMostSlots = 4096;
constexpr std::size_t kLongestName = 512;

Result<LoadedModel> parse_model(const boost::json::value& value, std::size_t index) {
  const std::string where = "$.models[" + std::to_string(index) + "]";
  const auto* object = value.if_object();
  if (object == nullptr) return Error{Errc::parse, 0, where + ": not an object"};
  LoadedModel model;
  auto name = read_string(*object, "name", where);
  if (!name) return name.error();
  // Some compatible servers fill only "model".
  if (!*name || (*name)->empty()) name = read_string(*object, "model", where);
  if (!name) return name.error();
  if (!*name || (*name)->empty() || (*name)->size() > kLongestName) {
    return Error{Errc::parse, 0, where + ".name: missing or too long"};
  }
  model.name = **name;
  const auto size = read_integer(*object, "size", where);
  if (!size) return size.error();
  model.size = Bytes{size->value_or(0)};
  auto context = read_integer(*object, "context_length", where);
  if (!context) return context.error();
  if (*context && **context > 0) model.context_length = **context;
  auto expires = read_string(*object, "expires_at", where);
  if (!expires) return expires.error();
  if (*expires && (*expires)->size() <= kLongestName) model.expires_at = std::move(*expires);
  return model;
}

bool is_processing(const boost::json::object& slot) {
  if (const auto* flag = slot.if_contains("is_processing"); flag != nullptr && flag->is_bool()) {
    return flag->get_bool();
  }
  const auto* state = slot.if_contains("state");
  return state != nullptr && state->is_int64() && state->get_int64() != 0;
}

/// Its place in the list is its number: some versions write no "id".
Result<SlotReading> parse_slot(const boost::json::value& value, const std::string& where) {
  const auto* object = value.if_object();
  if (object == nullptr || !(object->contains("is_processing") || object->contains("state"))) {
    return Error{Errc::parse, 0, where + ": neither is_processing nor state"};
  }
  SlotReading slot;
  slot.processing = is_processing(*object);
  if (const auto* task = object->if_contains("id_task"); task != nullptr && task->is_int64()) {
    slot.task = task->get_int64();  // -1: none
  }
  const auto* next = object->if_contains("next_token");
  if (next != nullptr && next->is_array() && !next->get_array().empty()) {
    next = &next->get_array().front();
  }
  if (next == nullptr || !next->is_object()) return slot;
  const auto decoded = read_integer(next->get_object(), "n_decoded", where + ".next_token");
  if (!decoded) return decoded.error();
  if (*decoded && **decoded >= 0) slot.decoded = *decoded;
  return slot;
}

}  // namespace

Result<std::vector<LoadedModel>> parse_ps(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  std::vector<LoadedModel> models;
  const auto* list = root->if_contains("models");
  // Go writes a nil list as null.
  if (list != nullptr && list->is_null()) return models;
  if (list == nullptr || !list->is_array()) {
    return Error{Errc::parse, 0, "$.models: missing or no list"};
  }
  if (list->get_array().size() > kMostModels) return Error{Errc::parse, 0, "$.models: too long"};
  for (const auto& item : list->get_array()) {
    auto model = parse_model(item, models.size());
    if (!model) return model.error();
    models.push_back(std::move(*model));
  }
  return models;
}

std::optional<bool> Version::uses_llama_server() const {
  if (major == 0 && minor == 0 && patch == 0) return std::nullopt;
  return major > 0 || minor >= 30;
}

Result<Version> parse_version(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  auto word = read_string(*root, "version", "$");
  if (!word) return word.error();
  const Error bad{Errc::parse, 0, "$.version: no version such as 0.32.15"};
  if (!*word || (*word)->size() > kLongestName) return bad;
  Version version;
  version.text = **word;
  const char* at = version.text.data();
  const char* const end = at + version.text.size();
  if (at != end && *at == 'v') ++at;
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc{} || *part < 0) return bad;
    at = next;
    if (part == &version.patch) break;
    if (at == end || *at != '.') return bad;
    ++at;
  }
  return version;
}

Result<std::vector<SlotReading>> parse_slots(std::string_view text) {
  const auto root = parse_value(text);
  if (!root) return root.error();
  if (!root->is_array()) {
    const auto reason = parse_error_text(text);
    return Error{Errc::parse, 0, reason.empty() ? "$: no list of slots" : reason};
  }
  const auto& list = root->get_array();
  if (list.size() > kMostSlots) return Error{Errc::parse, 0, "$: too many slots"};
  std::vector<SlotReading> slots;
  for (const auto& item : list) {
    const std::string where = "$[" + std::to_string(slots.size()) + "]";
    auto slot = parse_slot(item, where);
    if (!slot) return slot.error();
    slot->slot = static_cast<int>(slots.size());
    slots.push_back(*slot);
  }
  return slots;
}

Result<Health> parse_health(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  auto status = read_string(*root, "status", "$");
  if (!status) return status.error();
  // "no slot available" and "slot unavailable" were answers of busy servers in 2024.
  if (*status && (**status == "ok" || (*status)->find("slot") != std::string::npos))
    return Health::ok;
  const std::string reason = *status ? **status : parse_error_text(text);
  if (reason.empty()) return Error{Errc::parse, 0, "$.status: missing"};
  const bool loading =
      reason.find("oading") != std::string::npos;  // "Loading model", "loading model"
  return loading ? Health::loading : Health::failed;
}

std::string parse_error_text(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return {};
  const auto* error = root->if_contains("error");
  if (error != nullptr && error->is_object()) error = error->get_object().if_contains("message");
  if (error == nullptr || !error->is_string()) return {};
  const std::string_view message = error->get_string();
  return std::string(message.substr(0, kLongestName));
}

}  // namespace m1opt::ollama
