#include "app/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>

#include "platform/platform.h"

namespace m1opt::app {

namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  ///< as many as the kernel follows

using Names = std::deque<std::string>;

Names names_of(const fs::path& path) {
  Names names;
  for (const fs::path& part : path.relative_path()) names.push_back(part.string());
  return names;
}

/// As a shell takes it literally.
std::string quoted(const std::string& path) {
  if (path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@") ==
      std::string::npos) {
    return path;
  }
  std::string text = "'";
  for (const char c : path) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

/// `below` goes to the end of the command's path.
Error refused(const std::string& path, const std::string& what, const std::string& command,
              const std::string& below = {}) {
  return {Errc::not_permitted, 0,
          fmt::format("{} {}: {} {}", path, what, command, quoted(path + below))};
}

/// /tmp and its kin: everybody may add to them, but nobody takes away what is another's.
bool is_shared(const struct stat& info) {
  return S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0 &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// `above`: a directory on the way, which a group of services may write to (/var/run and /var/log of
/// some systems are so).
Result<void> check_one(const std::string& path, const struct stat& info, bool above) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return refused(path, fmt::format("belongs to uid {}", info.st_uid), "chown -h root");
  }
  const mode_t open_to = S_ISLNK(info.st_mode) || is_shared(info) ? 0 : info.st_mode;
  if ((open_to & S_IWOTH) != 0) return refused(path, "can be written by others", "chmod go-w");
  if ((open_to & S_IWGRP) != 0 && !(above && platform::is_service_group(info.st_gid))) {
    return refused(path, "can be written by its group", "chmod go-w");
  }
  const auto writer = platform::find_foreign_writer(path);
  if (!writer) return writer.error();
  if (*writer) return Error{Errc::not_permitted, 0, path + ": " + **writer};
  return {};
}

Result<std::string> read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return error_from_errno("read the link " + path, errno);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

/// Goes the way that the kernel would go, and looks at everything on it.
class Walk {
 public:
  explicit Walk(const std::string& path) : rest_(names_of(fs::absolute(path))) {}

  Result<void> run() {
    struct stat root {};
    if (::lstat("/", &root) != 0) return error_from_errno("look at /", errno);
    if (auto good = check_one("/", root, !rest_.empty()); !good) return good;
    while (!rest_.empty() && !absent_) {
      if (auto stepped = step(); !stepped) return stepped;
    }
    return {};
  }

 private:
  Result<void> step() {
    const std::string name = std::move(rest_.front());
    rest_.pop_front();
    if (name.empty() || name == ".") return {};
    if (name == "..") {
      at_ = at_.parent_path();  // no link is in it: each was followed
      return {};
    }
    const std::string next = (at_ / name).string();
    struct stat info {};
    if (::lstat(next.c_str(), &info) != 0) {
      if (errno != ENOENT) return error_from_errno("look at " + next, errno);
      return judge_absent(next);
    }
    if (auto good = check_one(next, info, !rest_.empty()); !good) return good;
    if (S_ISLNK(info.st_mode)) return follow(next);
    at_ = next;
    return {};
  }

  /// What is not there yet is what the owner of its directory makes of it.
  Result<void> judge_absent(const std::string& path) {
    absent_ = true;
    struct stat directory {};
    if (::lstat(at_.c_str(), &directory) != 0) return error_from_errno("look at " + at_.string(), errno);
    if (!is_shared(directory)) return {};
    return refused(path, "is not there, and everybody may make it", "mkdir -m 0755");
  }

  Result<void> follow(const std::string& link) {
    if (++links_ > kMostLinks) return Error{Errc::io, ELOOP, link + ": too many symlinks"};
    const auto target = read_link(link);
    if (!target) return target.error();
    const fs::path path(*target);
    if (path.is_absolute()) at_ = "/";
    const Names names = names_of(path);
    rest_.insert(rest_.begin(), names.begin(), names.end());
    return {};
  }

  fs::path at_{"/"};
  Names rest_;
  int links_{0};
  bool absent_{false};
};

}  // namespace

Result<void> check_trusted(const std::string& path) {
  if (::geteuid() != 0) return {};
  return Walk(path).run();
}

Result<void> check_own_directory(const std::string& path) {
  if (auto trusted = check_trusted(path); !trusted || ::geteuid() != 0) return trusted;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !is_shared(info)) return {};
  return refused(path, "is open to everybody, take a directory of its own", "mkdir -m 0755", "/m1opt");
}

Result<void> check_trusted_entries(const std::string& directory) {
  if (::geteuid() != 0) return {};
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto trusted = check_trusted(entry->path().string()); !trusted) return trusted;
  }
  if (error) return Error{Errc::io, error.value(), "list " + directory + ": " + error.message()};
  return {};
}

Result<void> make_directory(const std::string& path, unsigned mode) {
  std::error_code error;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty()) fs::create_directories(parent, error);
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
    return error_from_errno("make directory " + path, errno);
  }
  if (!fs::is_directory(path, error)) return Error{Errc::io, 0, path + " is not a directory"};
  return {};
}

}  // namespace m1opt::app
