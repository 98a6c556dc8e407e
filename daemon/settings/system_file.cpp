// Files of the kernel's below /proc/sys and /sys.
#include <fmt/format.h>

#include <cerrno>

#include "base/fault.h"
#include "base/file.h"
#include "platform/text.h"
#include "settings/access.h"
#include "settings/parts.h"

namespace m1opt::settings {

namespace {

constexpr std::size_t kLongest = 4096;

struct File {
  std::string name;  ///< what stands for the star of its path; empty without one
  std::string path;
};

Error explain(const Error& error, const std::string& path, const std::string& value) {
  switch (error.os_errno) {
    case ENOENT:
    case ENODEV: return {Errc::unsupported, error.os_errno, fmt::format("this machine has no {}", path)};
    case EPERM:
    case EACCES: return {Errc::not_permitted, error.os_errno, fmt::format("only root may change {}", path)};
    case EROFS:
      return {Errc::not_permitted, error.os_errno,
              fmt::format("{} is read-only for m1optd: ReadWritePaths of its unit leaves it out, or it runs in a "
                          "container",
                          path)};
    case EINVAL:
      return {Errc::unsupported, error.os_errno, fmt::format("the kernel does not take \"{}\" for {}", value, path)};
    default: return error;
  }
}

/// Those that a path names: one, or with a star in it all that there are, by name.
Result<std::vector<File>> files_of(const Target& target) {
  const std::string& pattern = target.arguments.at(0);
  const std::string path = system_path(pattern);
  const std::size_t star = path.find('*');
  if (star == std::string::npos) return std::vector<File>{{"", path}};
  const std::size_t begin = path.rfind('/', star) + 1;
  const std::string prefix = path.substr(begin, star - begin);
  const std::string rest = path.substr(star + 1);
  const auto entries = list_directory(path.substr(0, begin - 1), "");
  if (!entries) return explain(entries.error(), pattern, {});
  std::vector<File> files;
  for (const std::string& entry : *entries) {
    std::string name = entry.substr(entry.rfind('/') + 1);
    if (name.starts_with(prefix)) files.push_back({std::move(name), entry + rest});
  }
  if (files.empty()) return Error{Errc::unsupported, ENOENT, fmt::format("this machine has no {}", pattern)};
  return files;
}

/// Of "always [madvise] never" the one in brackets.
std::string chosen_in(std::string_view text) {
  const std::string_view whole = platform::trim(text);
  const std::size_t open = whole.find('[');
  const std::size_t close = whole.find(']', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::string(whole);
  return std::string(whole.substr(open + 1, close - open - 1));
}

class SystemFile final : public SettingAccess {
 public:
  Result<Reading> read(const Target& target) override {
    const auto files = files_of(target);
    if (!files) return files.error();
    std::string first;
    std::string each;
    bool same = true;
    for (const File& file : *files) {
      const auto text = read_file(file.path, kLongest);
      if (!text) return explain(text.error(), file.path, {});
      const std::string value = chosen_in(*text);
      if (each.empty()) first = value;
      same = same && value == first;
      each += fmt::format("{}{}={}", each.empty() ? "" : " ", file.name, value);
    }
    return Reading(Value{{}, same ? first : each});
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    if (!reading) return Error{Errc::unsupported, 0, "a file of the kernel's cannot be removed, only written"};
    const auto files = files_of(target);
    if (!files) return files.error();
    const Parts parts = files->front().name.empty() ? Parts{} : parts_of(reading->text);
    for (const File& file : *files) {
      const auto part = parts.find(file.name);
      // One that has come since keeps what it was given.
      if (!parts.empty() && part == parts.end()) continue;
      const std::string& value = parts.empty() ? reading->text : part->second;
      fault_point("settings.file");
      if (const auto done = write_in_place(file.path, value); !done) return explain(done.error(), file.path, value);
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<SettingAccess> make_system_file() { return std::make_unique<SystemFile>(); }

}  // namespace m1opt::settings
