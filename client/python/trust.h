#pragma once

#include <optional>
#include <string>

namespace m1opt::client::python {

/// Why an environment is not to be started: "/tmp/.venv belongs to uid 12345". Its Python runs what lies
/// in it, so each part of that, and the way to it, must be this user's or root's, with nobody else who
/// may write there. Absent: so it is.
std::optional<std::string> find_stranger_in(const std::string& environment);

/// The same of one program, wherever the symlinks lead.
std::optional<std::string> find_stranger_at(const std::string& program);

}  // namespace m1opt::client::python
