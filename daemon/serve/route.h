#pragma once

#include <boost/describe.hpp>
#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <variant>
#include <vector>

#include "serve/access.h"
#include "serve/call.h"
#include "wire/documents.h"

namespace m1opt::serve {

enum class Method { GET, POST, PUT };
BOOST_DESCRIBE_ENUM(Method, GET, POST, PUT)

/// A command that is ready to be posted, and what it would do.
struct Prepared {
  CommandBody body;
  std::string would;  ///< one sentence, for ?dry_run=true
  std::vector<wire::CommandChange> changes;
};
using PrepareResult = boost::system::result<Prepared, wire::ProblemDocument>;

/// Answers at once, from the snapshot and the events.
using Answer = Reply (*)(const Call&);
/// Checks the request; the session posts the command and waits for its reply.
using Prepare = PrepareResult (*)(const Call&);
/// Checks the request and says what to read from the disk. The work is done on the slow thread when
/// the Call is gone: it keeps what it needs.
using Fetch = FetchPlan (*)(const Call&);
/// Answers that take their time; the session knows how.
enum class Special { event_stream, lease, self_test };

using Handler = std::variant<Answer, Prepare, Fetch, Special>;
using Schema = boost::json::object (*)();

struct QueryParameter {
  std::string name;
  std::string summary;
};

struct Route {
  Method method{};
  std::string path;  ///< a segment in braces is a parameter: "/v1/explain/rule/{name}"
  Access access{};
  bool mutates{false};  ///< a daemon that only looks at a copy of a machine refuses it
  std::string summary;
  std::string example;  ///< a body, or a path with its query
  std::vector<QueryParameter> query;
  Handler handler;
  Schema request;   ///< null: takes no body
  Schema response;  ///< null: the answer is no JSON document
};

}  // namespace m1opt::serve
