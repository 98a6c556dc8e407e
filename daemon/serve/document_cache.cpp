#include "serve/document_cache.h"

#include "wire/text.h"

namespace m1opt::serve {

namespace {
/// With its quotes and in this form it can only be a key: in a JSON string the
/// quotes would be escaped. The first one is the document's own.
constexpr std::string_view kAgeKey = "\"age_s\":";

CachedDocument split(std::string whole) {
  const std::size_t key = whole.find(kAgeKey);
  if (key == std::string::npos) return {std::move(whole), {}};
  const std::size_t value = key + kAgeKey.size();
  return {whole.substr(0, value), whole.substr(whole.find_first_of(",}", value))};
}
}  // namespace

std::shared_ptr<const CachedDocument> DocumentCache::get(
    const std::shared_ptr<const model::Snapshot>& snapshot, std::string_view name, Make make) {
  if (snapshot_ != snapshot) {
    snapshot_ = snapshot;
    documents_.clear();
  }
  const auto found = documents_.find(name);
  if (found != documents_.end()) return found->second;
  auto made = std::make_shared<const CachedDocument>(split(wire::to_text(make(*snapshot))));
  return documents_.emplace(std::string(name), std::move(made)).first->second;
}

}  // namespace m1opt::serve
