#include <malloc.h>

#include "platform/platform.h"

namespace m1opt::platform {

// Only glibc has this: others give large pieces back by themselves.
void give_back_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace m1opt::platform
