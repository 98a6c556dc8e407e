#pragma once

#include <vector>

#include "settings/setting.h"

/// The parts that table.cpp puts together.
namespace m1opt::settings {

std::vector<Setting> macos_user_rows();
std::vector<Setting> macos_system_rows();
/// What is told and not done, with the reason.
std::vector<Setting> macos_told_rows();
std::vector<Setting> linux_user_rows();
std::vector<Setting> linux_system_rows();

}  // namespace m1opt::settings
