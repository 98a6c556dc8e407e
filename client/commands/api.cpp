#include "client/api.h"

#include <algorithm>
#include <cctype>

#include "client/commands/all.h"

namespace m1opt::client {

/// The answer as it is, problem documents too, so that a script sees what a
/// program at the socket would see.
int run_api(Context& context, Arguments& arguments) {
  Request request;
  arguments.positional("METHOD", request.method, "GET, POST or PUT")
      .positional("PATH", request.target, "/v1/...")
      .positional("BODY", request.body, "JSON");
  if (const auto status = arguments.parse(context)) return *status;
  std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const bool clean = std::none_of(request.target.begin(), request.target.end(),
                                  [](unsigned char c) { return c <= ' ' || c == 0x7F; });
  if (request.target.empty() || request.target.front() != '/' || !clean) {
    return report(context, {exit_code::kUsage, "api takes a method and a path",
                            "Like: m1optctl api GET /v1/status"});
  }
  auto connection = connect(context);
  if (!connection) return report(context, connection.error());
  const auto response = connection->exchange(request);
  if (!response) return report(context, response.error());
  print_document({response->body, {}});
  return response->status < 300 ? exit_code::kOk : report(context, failure_of(*response));
}

}  // namespace m1opt::client
