#include <malloc/malloc.h>

#include "platform/platform.h"

namespace m1opt::platform {

void give_back_free_memory() { ::malloc_zone_pressure_relief(nullptr, 0); }

}  // namespace m1opt::platform
