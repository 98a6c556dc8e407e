#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What m1opt never slows down or stops, whatever the config says.
namespace m1opt::sense {

/// Why the program at this path is never a target, as the end of a sentence
/// ("it is the login service"), or nothing. Generous on purpose: case, the
/// directory, spaces and dots at the ends, a deleted file and characters that
/// only look like others or are not shown make no difference, since a wrong
/// "protected" costs nothing and a wrong "not protected" may cost the session.
/// It goes by the name of the file that the kernel says the process runs: a copy
/// or hard link of a program under another name is another program.
std::optional<std::string_view> protected_program(std::string_view path);

}  // namespace m1opt::sense
