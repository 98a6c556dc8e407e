#include <algorithm>
#include <initializer_list>

#include "settings/rows.h"

namespace m1opt::settings {

namespace {

/// Groups in the order of their first rows.
std::vector<Setting> join(std::initializer_list<std::vector<Setting>> parts) {
  std::vector<Setting> rows;
  for (const std::vector<Setting>& part : parts) {
    for (const Setting& row : part) {
      const auto last = std::find_if(rows.rbegin(), rows.rend(),
                                     [&](const Setting& each) { return each.group == row.group; });
      rows.insert(last == rows.rend() ? rows.end() : last.base(), row);
    }
  }
  return rows;
}

}  // namespace

const std::vector<Setting>& table(System system) {
  static const std::vector<Setting> macos = join({macos_user_rows(), macos_system_rows(), macos_told_rows()});
  static const std::vector<Setting> linux_rows = join({linux_user_rows(), linux_system_rows()});
  return system == System::macos ? macos : linux_rows;
}

}  // namespace m1opt::settings
