#include "serve/routes.h"
#include "wire/encode.h"

namespace m1opt::serve {

Reply get_health(const Call& call) {
  const wire::HealthDocument health = wire::make_health(*call.snapshot);
  return json_reply(wire::encode(health), health.status == wire::HealthState::degraded ? 503 : 200);
}

}  // namespace m1opt::serve
