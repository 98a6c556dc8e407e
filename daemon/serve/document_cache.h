#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "model/snapshot.h"

namespace m1opt::serve {

/// Documents as text, made at most once for each snapshot. Only age_s is new in
/// each answer.
class DocumentCache {
 public:
  using Make = boost::json::value (*)(const model::Snapshot&);

  /// `name` tells the documents of one snapshot apart; `age` goes into the
  /// document's own age_s, if it has one.
  std::string text(const std::shared_ptr<const model::Snapshot>& snapshot, std::string_view name,
                   Make make, base::Duration age);

 private:
  struct Entry {
    std::string before;  ///< up to where the age is written
    std::string after;   ///< empty: the document has no age
  };

  std::shared_ptr<const model::Snapshot> snapshot_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace m1opt::serve
