#pragma once

#include <string>
#include <string_view>

namespace m1opt::client::python {

/// The processor that a program of Linux is for, from its first bytes; "" when it is none.
std::string processor_of_elf(std::string_view head);

}  // namespace m1opt::client::python
