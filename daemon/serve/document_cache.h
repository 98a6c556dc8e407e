#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "model/snapshot.h"

namespace m1opt::serve {

/// A document as text, in two parts; the age of what it tells goes between them.
struct CachedDocument {
  std::string before;
  std::string after;  ///< empty: the document has no age
};

/// Documents as text, made at most once for each snapshot and shared by all who
/// are still writing them to a peer.
class DocumentCache {
 public:
  using Make = boost::json::value (*)(const model::Snapshot&);

  /// `name` tells the documents of one snapshot apart.
  std::shared_ptr<const CachedDocument> get(const std::shared_ptr<const model::Snapshot>& snapshot,
                                            std::string_view name, Make make);

 private:
  std::shared_ptr<const model::Snapshot> snapshot_;
  std::map<std::string, std::shared_ptr<const CachedDocument>, std::less<>> documents_;
};

}  // namespace m1opt::serve
