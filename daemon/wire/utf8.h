#pragma once

#include <string>
#include <string_view>

namespace m1opt::wire {

/// As RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// With U+FFFD for each byte that is none. Names of processes and what is asked for are any bytes;
/// a document must be one that every reader takes.
std::string to_utf8(std::string_view text);

}  // namespace m1opt::wire
