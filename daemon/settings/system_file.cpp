// Files of the kernel's below /proc/sys and /sys.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "platform/text.h"
#include "settings/access.h"
#include "settings/parts.h"

namespace m1opt::settings {

namespace {

constexpr std::size_t kLongest = 4096;

struct File {
  std::string name;  ///< what stands for the star of its path; empty without one
  std::string path;
  std::string value{};
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
  if (star == std::string::npos) return std::vector<File>{{"", path, {}}};
  const std::size_t begin = path.rfind('/', star) + 1;
  const std::string prefix = path.substr(begin, star - begin);
  const std::string rest = path.substr(star + 1);
  const auto entries = list_directory(path.substr(0, begin - 1), "");
  if (!entries) return explain(entries.error(), pattern, {});
  std::vector<File> files;
  for (const std::string& entry : *entries) {
    std::string name(base_name(entry));
    if (name.starts_with(prefix)) files.push_back({std::move(name), entry + rest, {}});
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

/// What a processor's file answers while it is switched off: EBUSY, and before Linux 5.19 EINVAL to who
/// reads; its directory stays. The others: it goes away this very moment.
bool is_away(const Error& error, bool reads) {
  const int number = error.os_errno;
  return number == EBUSY || number == ENODEV || number == ENOENT || (reads && number == EINVAL);
}

class SystemFile final : public SettingAccess {
 public:
  explicit SystemFile(KernelFiles files) : files_(std::move(files)) {}

  Result<Reading> read(const Target& target) override {
    auto seen = look(target);
    if (!seen) return seen.error();
    return std::move(seen->reading);
  }

  Result<Look> look(const Target& target) override {
    const auto files = present(target);
    if (!files) return files.error();
    const std::string& first = files->front().value;
    const bool same = std::all_of(files->begin(), files->end(), [&](const File& file) { return file.value == first; });
    Look seen;
    for (const File& file : *files) {
      if (!file.name.empty()) seen.parts.emplace(file.name, file.value);
    }
    seen.reading = Value{{}, same ? first : text_of(seen.parts)};
    return seen;
  }

  Result<void> write(const Target& target, const Reading& reading) override {
    if (!reading) return Error{Errc::unsupported, 0, "a file of the kernel's cannot be removed, only written"};
    const auto files = present(target);
    if (!files) return files.error();
    const bool many = !files->front().name.empty();
    const Parts parts = many ? parts_of(reading->text) : Parts{};
    Result<void> first_failure;
    Result<void> away;
    bool taken = false;
    for (const File& file : *files) {
      const auto part = parts.find(file.name);
      // One that has come since keeps what it was given.
      if (!parts.empty() && part == parts.end()) continue;
      const std::string& value = parts.empty() ? reading->text : part->second;
      fault_point("settings.file");
      const auto done = files_.write(file.path, value);
      taken = taken || done;
      if (done) continue;
      Result<void>& failure = many && is_away(done.error(), false) ? away : first_failure;
      if (failure) failure = explain(done.error(), file.path, value);
    }
    if (!first_failure || taken) return first_failure;
    return away;
  }

 private:
  /// Those that answer, at least one, with what each has.
  Result<std::vector<File>> present(const Target& target) {
    auto files = files_of(target);
    if (!files) return files.error();
    std::vector<File> answering;
    std::optional<Error> first;
    for (File& file : *files) {
      const auto text = files_.read(file.path);
      if (text) {
        file.value = chosen_in(*text);
        answering.push_back(std::move(file));
        continue;
      }
      Error error = explain(text.error(), file.path, {});
      if (file.name.empty() || !is_away(text.error(), true)) return error;
      if (!first) first = std::move(error);
    }
    if (answering.empty()) return *first;
    return answering;
  }

  KernelFiles files_;
};

}  // namespace

std::unique_ptr<SettingAccess> make_system_file(KernelFiles files) {
  return std::make_unique<SystemFile>(std::move(files));
}

std::unique_ptr<SettingAccess> make_system_file() {
  return make_system_file({[](const std::string& path) { return read_file(path, kLongest); }, write_in_place});
}

}  // namespace m1opt::settings
