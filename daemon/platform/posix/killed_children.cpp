#include "platform/posix/killed_children.h"

#include <sys/wait.h>

namespace m1opt::platform::posix {

bool KilledChildren::reap() {
  std::erase_if(children_, [](std::int32_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; });
  return !children_.empty();
}

}  // namespace m1opt::platform::posix
