#include "app/profile_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "wire/profiles.h"

namespace m1opt::app {

namespace {

constexpr std::string_view kProfileHead = "m1opt profile 1\n";
constexpr std::size_t kLongestFile = 4096;

Result<std::optional<ChosenProfile>> chosen_from_text(std::string_view text,
                                                      const std::string& path) {
  const Error strange{Errc::parse, 0, path + " is damaged"};
  if (!text.starts_with(kProfileHead)) return strange;
  text.remove_prefix(kProfileHead.size());
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || !text.ends_with('\n')) return strange;
  ChosenProfile chosen{std::string(text.substr(0, blank)), 0};
  const std::string_view uid = text.substr(blank + 1, text.size() - blank - 2);
  const auto [end, error] = std::from_chars(uid.data(), uid.data() + uid.size(), chosen.uid);
  if (error != std::errc{} || end != uid.data() + uid.size()) return strange;
  if (const auto fault = wire::find_choice_fault(chosen.choice)) {
    return Error{Errc::parse, 0, path + ": " + *fault};
  }
  return std::optional(std::move(chosen));
}

}  // namespace

Result<std::optional<ChosenProfile>> ProfileFile::load() const {
  if (path_.empty()) return std::optional<ChosenProfile>();
  const auto text = read_file(path_, kLongestFile);
  if (!text && text.error().os_errno == ENOENT) return std::optional<ChosenProfile>();
  if (!text) return text.error();
  return chosen_from_text(*text, path_);
}

Result<void> ProfileFile::save(const ChosenProfile& chosen) const {
  if (path_.empty()) return Error{Errc::unsupported, 0, "there is no state directory"};
  return write_file_atomic(path_, fmt::format("{}{} {}\n", kProfileHead, chosen.choice, chosen.uid), 0600);
}

Result<void> ProfileFile::remove() const {
  if (path_.empty() || ::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
  return error_from_errno("remove " + path_, errno);
}

}  // namespace m1opt::app
