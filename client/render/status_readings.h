#pragma once

#include <boost/json.hpp>
#include <string>

#include "client/render/style.h"

/// One line each of the readings of the machine, without its label.
namespace m1opt::client::render {

std::string pressure_line(const boost::json::value& status, const Style& style);
std::string memory_line(const boost::json::value& status);
std::string swap_line(const boost::json::value& status);
std::string thermal_line(const boost::json::value& status, const Style& style);
std::string power_line(const boost::json::value& status);
std::string cpu_line(const boost::json::value& status);

}  // namespace m1opt::client::render
