#include "client/mac/system.h"

namespace m1opt::client::mac {

bool is_mac() { return false; }
std::optional<bool> is_apple_silicon() { return std::nullopt; }
std::optional<bool> is_translated() { return std::nullopt; }

}  // namespace m1opt::client::mac
