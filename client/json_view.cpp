#include "client/json_view.h"

namespace m1opt::client {

const boost::json::value* find(const boost::json::value& document, std::string_view path) {
  const boost::json::value* at = &document;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const boost::json::object* object = at->if_object();
    if (object == nullptr) return nullptr;
    at = object->if_contains(path.substr(0, dot));
    if (at == nullptr || at->is_null()) return nullptr;
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return at;
}

std::optional<double> number_at(const boost::json::value& document, std::string_view path) {
  const boost::json::value* at = find(document, path);
  if (at == nullptr || !at->is_number()) return std::nullopt;
  return at->to_number<double>();
}

std::string text_at(const boost::json::value& document, std::string_view path) {
  const boost::json::value* at = find(document, path);
  if (at == nullptr) return {};
  if (const boost::json::string* text = at->if_string()) return {text->data(), text->size()};
  return at->is_number() ? boost::json::serialize(*at) : std::string{};
}

bool flag_at(const boost::json::value& document, std::string_view path) {
  const boost::json::value* at = find(document, path);
  return at != nullptr && at->is_bool() && at->get_bool();
}

const boost::json::array& list_at(const boost::json::value& document, std::string_view path) {
  static const boost::json::array kEmpty;
  const boost::json::value* at = find(document, path);
  return at != nullptr && at->is_array() ? at->get_array() : kEmpty;
}

}  // namespace m1opt::client
