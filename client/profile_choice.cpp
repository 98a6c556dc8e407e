#include "client/profile_choice.h"

#include <fmt/format.h>

#include "wire/profiles.h"

namespace m1opt::client {

Expected<std::string> take_profile_choice(const Context& context, const std::string& name) {
  if (const auto fault = wire::find_choice_fault(name)) {
    return Failure{exit_code::kUsage, *fault, "See: m1optctl profile list"};
  }
  std::string own = wire::translate_choice(name);
  if (own != name) complain(context, fmt::format("{} is {} here", name, own));
  return own;
}

}  // namespace m1opt::client
