#include <fmt/format.h>

#include "serve/routes.h"
#include "wire/requests.h"

namespace m1opt::serve {

PrepareResult prepare_reload(const Call& call) {
  const auto request = wire::parse_request<wire::EmptyRequest>(call.body);
  if (!request) return request.error();
  return Prepared{
      ReloadCommand{}, fmt::format("would read {} again", call.snapshot->status.config.path), {}};
}

}  // namespace m1opt::serve
