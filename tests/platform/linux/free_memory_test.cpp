#include <unistd.h>

#include <memory>
#include <vector>

#include "platform/platform.h"
#include "support/catch.h"
#include "support/sanitised.h"

using namespace m1opt;
using namespace m1opt::base;

#ifdef __GLIBC__
TEST_CASE("what was freed between pieces that are still in use goes back to the system") {
  if (test::kSanitised) return;  // another allocator then, which keeps what was freed on purpose
  std::vector<std::unique_ptr<std::vector<char>>> pieces;
  for (int i = 0; i < 20'000; ++i) pieces.push_back(std::make_unique<std::vector<char>>(1000, 'x'));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i % 100 != 0) pieces[i].reset();
  }
  const Bytes before = platform::read_cost(::getpid()).value().resident;
  platform::give_back_free_memory();
  const Bytes after = platform::read_cost(::getpid()).value().resident;
  CHECK(before - after > Bytes{10'000'000});
  CHECK(pieces[100]->back() == 'x');
}
#endif
