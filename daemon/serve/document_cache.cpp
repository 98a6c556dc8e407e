#include "serve/document_cache.h"

#include "wire/encode.h"
#include "wire/text.h"

namespace m1opt::serve {

namespace {
/// With its quotes and in this form it can only be a key: in a JSON string the
/// quotes would be escaped. The first one is the document's own.
constexpr std::string_view kAgeKey = "\"age_s\":";
}  // namespace

std::string DocumentCache::text(const std::shared_ptr<const model::Snapshot>& snapshot,
                                std::string_view name, Make make, base::Duration age) {
  if (snapshot_ != snapshot) {
    snapshot_ = snapshot;
    entries_.clear();
  }
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    const std::string whole = wire::to_text(make(*snapshot));
    Entry entry{whole, {}};
    if (const std::size_t key = whole.find(kAgeKey); key != std::string::npos) {
      const std::size_t value = key + kAgeKey.size();
      entry.before = whole.substr(0, value);
      entry.after = whole.substr(whole.find_first_of(",}", value));
    }
    found = entries_.emplace(std::string(name), std::move(entry)).first;
  }
  const Entry& entry = found->second;
  if (entry.after.empty()) return entry.before;
  return entry.before + wire::to_text(wire::encode(age)) + entry.after;
}

}  // namespace m1opt::serve
