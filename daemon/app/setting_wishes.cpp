#include "app/setting_wishes.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "platform/text.h"

namespace m1opt::app {

namespace {

constexpr std::string_view kWishesHead = "m1opt settings 1";
constexpr std::size_t kLongestWishes = 4096;
constexpr std::string_view kOfNames = "abcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

Result<std::set<std::string>> SettingWishes::load() const {
  const auto text = read_file(path_, kLongestWishes);
  if (!text && text.error().os_errno == ENOENT) return std::set<std::string>();
  if (!text) return text.error();
  const Error strange{Errc::parse, 0, path_ + " is damaged: no setting is set by itself until one is asked for again"};
  std::string_view rest = *text;
  if (platform::take_line(rest) != kWishesHead || !text->ends_with('\n')) return strange;
  std::set<std::string> names;
  while (!rest.empty()) {
    const std::string_view name = platform::take_line(rest);
    if (name.empty() || name.find_first_not_of(kOfNames) != std::string_view::npos) return strange;
    names.emplace(name);
  }
  return names;
}

Result<void> SettingWishes::save(const std::set<std::string>& names) const {
  if (names.empty()) {
    if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
    return error_from_errno("remove " + path_, errno);
  }
  std::string text = std::string(kWishesHead) + '\n';
  for (const std::string& name : names) text += name + '\n';
  return write_file_atomic(path_, text, 0600);
}

}  // namespace m1opt::app
