#include "client/advise/model_name.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace m1opt::client::advise {
namespace {

constexpr std::size_t kLongestPart = 350;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t next = text.find(at);
    parts.push_back(text.substr(0, next));
    if (next == std::string_view::npos) return parts;
    text.remove_prefix(next + 1);
  }
}

}  // namespace

bool is_name_part(std::string_view part) {
  if (part.empty() || part.size() > kLongestPart || part.front() == '.' || part.front() == '-') return false;
  return std::all_of(part.begin(), part.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '_' || letter == '.' || letter == ':';
  });
}

std::optional<ModelName> parse_model_name(std::string_view text) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  ModelName name;
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.rfind(':');
  // A colon before the last slash belongs to the host's port.
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const auto parts = split(text, '/');
  if (parts.size() > 3) return std::nullopt;
  name.model = parts.back();
  if (parts.size() >= 2) name.name_space = parts[parts.size() - 2];
  if (parts.size() == 3) name.host = parts.front();
  for (const std::string* part : {&name.host, &name.name_space, &name.model, &name.tag}) {
    if (!is_name_part(*part)) return std::nullopt;
  }
  return name;
}

std::string ModelName::text() const {
  const ModelName usual;
  std::string out;
  if (host != usual.host) out += host + "/";
  if (host != usual.host || name_space != usual.name_space) out += name_space + "/";
  return out + model + ":" + tag;
}

bool ModelName::is_same(const ModelName& other) const {
  return lower(host) == lower(other.host) && lower(name_space) == lower(other.name_space) &&
         lower(model) == lower(other.model) && lower(tag) == lower(other.tag);
}

}  // namespace m1opt::client::advise
