#include "platform/metal.h"

namespace m1opt::platform {

std::optional<base::Bytes> recommended_working_set() { return std::nullopt; }

}  // namespace m1opt::platform
