#pragma once

#include <string_view>

namespace m1opt::base {

/// What follows the last slash of a path; all of it when there is none.
constexpr std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace m1opt::base
