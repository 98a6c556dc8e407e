#include "serve/service.h"

namespace m1opt::serve {

namespace {
/// With kLargestPiece the most memory that readers who take their time can keep; the loop and the
/// slow thread are not theirs.
constexpr Admission::Limits kFetches{.total = 8, .per_user = 3, .reserved = 2};
}  // namespace

Service::Service(Backend& backend_in, ServerOptions options_in)
    : backend(backend_in),
      options(std::move(options_in)),
      access(options.own_uid, options.find_group) {
  fetches.configure(kFetches);
  const ApiConfig defaults;
  access.configure(defaults);
  admission.configure(
      {defaults.max_connections, defaults.max_connections_per_user, options.reserved_connections});
}

std::shared_ptr<const Snapshot> Service::snapshot() {
  auto current = backend.snapshot();
  if (!current || !current->config) return current;
  // By owner and not by address: a new config may stand where the old one stood.
  const std::weak_ptr<const Config> config = current->config;
  if (configured_ && !config.owner_before(config_) && !config_.owner_before(config)) return current;
  configured_ = true;
  config_ = config;
  const ApiConfig& api = current->config->api;
  access.configure(api);
  admission.configure(
      {api.max_connections, api.max_connections_per_user, options.reserved_connections});
  if (on_config) on_config();
  return current;
}

void Service::wake_streams() {
  for (asio::steady_timer* stream : streams) stream->cancel();
}

std::uint64_t Service::expect(std::function<void()> deliver_wake) {
  waiting_.emplace(++last_number_, std::move(deliver_wake));
  return last_number_;
}

void Service::deliver(std::uint64_t number, const std::function<void()>& store) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  const auto wake = std::move(found->second);
  waiting_.erase(found);
  store();
  wake();
}

}  // namespace m1opt::serve
