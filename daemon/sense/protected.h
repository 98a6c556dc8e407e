#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What m1opt never slows down or stops, whatever the config says.
namespace m1opt::sense {

/// Why the program at this path is never a target, as the end of a sentence
/// ("it is the login service"), or nothing. Generous on purpose: case, spaces
/// at the ends and a deleted file make no difference, since a wrong "protected"
/// costs nothing and a wrong "not protected" may cost the session.
std::optional<std::string_view> protected_program(std::string_view path);

}  // namespace m1opt::sense
