#include "serve/server_options.h"

#include <unistd.h>

#include "support/catch.h"

using namespace m1opt;

TEST_CASE("a process is owned by its user, and a reused number by nobody") {
  const auto owner = serve::make_process_owner();
  const auto self = platform::make_process_table("")->stat(::getpid());
  REQUIRE(self.has_value());
  const auto own = owner(self->id);
  REQUIRE(own.has_value());
  CHECK(*own == serve::ServerOptions::own_user());
  const auto reused = owner({self->id.pid, self->id.start + 1});
  REQUIRE(reused.has_error());
  CHECK(reused.error().code == base::Errc::gone);
  CHECK(owner({2147483647, 1}).has_error());
}
