#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "serve/document_cache.h"
#include "wire/problem.h"

namespace m1opt::serve {

/// One answer, complete.
struct Reply {
  int status{200};
  std::string content_type{"application/json"};
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< besides the usual ones
  std::shared_ptr<const CachedDocument> document{};  ///< when there is one, `body` goes into its middle
  std::shared_ptr<const void> held{};                ///< let go when it has been written
};

Reply problem_reply(const wire::ProblemDocument& problem);
Reply json_reply(const boost::json::value& document, int status = 200);

}  // namespace m1opt::serve
