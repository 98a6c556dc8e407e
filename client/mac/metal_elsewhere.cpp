#include "client/mac/metal.h"

namespace m1opt::client::mac {

std::optional<std::uint64_t> recommended_working_set() { return std::nullopt; }

}  // namespace m1opt::client::mac
