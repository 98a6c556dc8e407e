#include "ollama/models.h"

#include <boost/json.hpp>

#include "base/path.h"
#include "ollama/json.h"

namespace m1opt::ollama {

namespace {

constexpr std::size_t kMostLocal = 4096;
constexpr std::size_t kMostParameters = 256;
constexpr std::size_t kLongestWord = 512;

const boost::json::object* object_in(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

/// Empty when it is absent, no text or longer than any name.
std::string word_in(const boost::json::object* object, std::string_view key) {
  if (object == nullptr) return {};
  const auto* value = object->if_contains(key);
  if (value == nullptr || !value->is_string() || value->get_string().size() > kLongestWord) return {};
  return std::string(value->get_string());
}

/// "num_ctx        4096" a line, values of text in quotes.
std::vector<std::pair<std::string, std::string>> split_parameters(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!text.empty() && parameters.size() < kMostParameters) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto blank = line.find_first_of(" \t");
    const auto value = line.find_first_not_of(" \t", blank);
    if (blank == 0 || blank == std::string_view::npos || value == std::string_view::npos) continue;
    parameters.emplace_back(line.substr(0, blank), line.substr(value));
  }
  return parameters;
}

Result<void> read_shape(const boost::json::object& info, ShownModel& model) {
  const std::string prefix = model.architecture + ".";
  const struct {
    std::string key;
    std::optional<std::int64_t>& place;
  } numbers[] = {
      {"general.parameter_count", model.parameter_count},
      {prefix + "context_length", model.context_length},
      {prefix + "block_count", model.block_count},
      {prefix + "embedding_length", model.embedding_length},
      {prefix + "attention.head_count", model.head_count},
      {prefix + "attention.head_count_kv", model.head_count_kv},
      {prefix + "attention.key_length", model.key_length},
      {prefix + "attention.value_length", model.value_length},
  };
  for (const auto& [key, place] : numbers) {
    const auto* value = info.if_contains(key);
    if (value != nullptr && value->is_array()) continue;  // it differs from layer to layer
    const auto number = read_integer(info, key, "$.model_info");
    if (!number) return number.error();
    place = *number;
  }
  return {};
}

}  // namespace

Result<std::vector<LocalModel>> parse_tags(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  std::vector<LocalModel> models;
  const auto* list = root->if_contains("models");
  // Go writes a nil list as null.
  if (list != nullptr && list->is_null()) return models;
  if (list == nullptr || !list->is_array()) return Error{Errc::parse, 0, "$.models: missing or no list"};
  if (list->get_array().size() > kMostLocal) return Error{Errc::parse, 0, "$.models: too long"};
  for (const auto& item : list->get_array()) {
    const auto* object = item.if_object();
    LocalModel model;
    model.name = word_in(object, "name");
    if (model.name.empty()) model.name = word_in(object, "model");
    if (model.name.empty()) return Error{Errc::parse, 0, "$.models: one has no name"};
    if (!word_in(object, "remote_host").empty()) continue;
    const auto size = read_integer(*object, "size", "$.models");
    if (!size) return size.error();
    model.size = Bytes{size->value_or(0)};
    model.quantization = word_in(object_in(*object, "details"), "quantization_level");
    models.push_back(std::move(model));
  }
  return models;
}

Result<ShownModel> parse_show(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  return parse_show(*root);
}

Result<ShownModel> parse_show(const boost::json::object& root) {
  ShownModel model;
  model.quantization = word_in(object_in(root, "details"), "quantization_level");
  const auto parameters = read_string(root, "parameters", "$");
  if (!parameters) return parameters.error();
  if (*parameters) model.parameters = split_parameters(**parameters);
  const auto* info = object_in(root, "model_info");
  if (info == nullptr) return Error{Errc::parse, 0, "$.model_info: missing"};
  model.architecture = word_in(info, "general.architecture");
  if (const auto read = read_shape(*info, model); !read) return read.error();
  return model;
}

Result<ServerProperties> parse_props(std::string_view text) {
  const auto root = parse_object(text);
  if (!root) return root.error();
  const auto* settings = object_in(*root, "default_generation_settings");
  if (settings == nullptr) return Error{Errc::parse, 0, "$.default_generation_settings: missing"};
  ServerProperties properties;
  properties.model = word_in(&*root, "model_alias");
  if (properties.model.empty()) properties.model = word_in(&*root, "model_path");
  properties.model = std::string(base_name(properties.model));
  properties.quantization = word_in(&*root, "model_ftype");
  const auto context = read_integer(*settings, "n_ctx", "$.default_generation_settings");
  if (!context) return context.error();
  properties.context = *context;
  const auto slots = read_integer(*root, "total_slots", "$");
  if (!slots) return slots.error();
  properties.slots = *slots;
  return properties;
}

}  // namespace m1opt::ollama
