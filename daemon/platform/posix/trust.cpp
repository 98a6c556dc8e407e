#include "platform/posix/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>

#include "platform/platform.h"
#include "platform/posix/accounts.h"

namespace m1opt::platform::posix {

namespace {

namespace fs = std::filesystem;
using Found = std::optional<Distrust>;

constexpr int kMostLinks = 40;  ///< as many as the kernel follows

using Names = std::deque<std::string>;

Names names_of(const fs::path& path) {
  Names names;
  for (const fs::path& part : path.relative_path()) names.push_back(part.string());
  return names;
}

bool is_shared(const struct stat& info) {
  return S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0 &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// `above`: a directory on the way, which a group of services may write to (/var/run and /var/log of
/// some systems are so).
bool is_good_group(gid_t group, bool above) {
  return (above && platform::is_service_group(group)) || (::geteuid() != 0 && is_own_group(group, ::geteuid()));
}

Result<Found> judge(const std::string& path, const struct stat& info, bool above) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Found{{path, fmt::format("belongs to uid {}", info.st_uid), "chown -h root"}};
  }
  const mode_t open_to = S_ISLNK(info.st_mode) || is_shared(info) ? 0 : info.st_mode;
  if ((open_to & S_IWOTH) != 0) return Found{{path, "can be written by others", "chmod go-w"}};
  if ((open_to & S_IWGRP) != 0 && !is_good_group(info.st_gid, above)) {
    return Found{{path, "can be written by its group", "chmod go-w"}};
  }
  const auto writer = platform::find_foreign_writer(path);
  if (!writer) return writer.error();
  if (*writer) return Found{{path, **writer, ""}};
  return Found{};
}

Result<std::string> read_link(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return error_from_errno("read the link " + path, errno);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

class Walk {
 public:
  Walk(const std::string& path, bool follow_last) : rest_(names_of(fs::absolute(path))), follow_last_(follow_last) {}

  Result<Found> run() {
    struct stat root {};
    if (::lstat("/", &root) != 0) return error_from_errno("look at /", errno);
    auto found = judge("/", root, !rest_.empty());
    while (found && !*found && !rest_.empty() && !absent_) found = step();
    return found;
  }

 private:
  Result<Found> step() {
    const std::string name = std::move(rest_.front());
    rest_.pop_front();
    if (name.empty() || name == ".") return Found{};
    if (name == "..") {
      at_ = at_.parent_path();  // no link is in it: each was followed
      return Found{};
    }
    const std::string next = (at_ / name).string();
    struct stat info {};
    if (::lstat(next.c_str(), &info) != 0) {
      if (errno != ENOENT) return error_from_errno("look at " + next, errno);
      return judge_absent(next);
    }
    auto found = judge(next, info, !rest_.empty());
    if (!found || *found) return found;
    if (S_ISLNK(info.st_mode) && (follow_last_ || !rest_.empty())) return follow(next);
    at_ = next;
    return Found{};
  }

  /// What is not there yet is what the owner of its directory makes of it.
  Result<Found> judge_absent(const std::string& path) {
    absent_ = true;
    struct stat directory {};
    if (::lstat(at_.c_str(), &directory) != 0) return error_from_errno("look at " + at_.string(), errno);
    if (!is_shared(directory)) return Found{};
    return Found{{path, "is not there, and everybody may make it", "mkdir -m 0755"}};
  }

  Result<Found> follow(const std::string& link) {
    if (++links_ > kMostLinks) return Error{Errc::io, ELOOP, link + ": too many symlinks"};
    const auto target = read_link(link);
    if (!target) return target.error();
    const fs::path path(*target);
    if (path.is_absolute()) at_ = "/";
    const Names names = names_of(path);
    rest_.insert(rest_.begin(), names.begin(), names.end());
    return Found{};
  }

  fs::path at_{"/"};
  Names rest_;
  bool follow_last_;
  int links_{0};
  bool absent_{false};
};

}  // namespace

Result<std::optional<Distrust>> find_distrust(const std::string& path) { return Walk(path, true).run(); }

Result<std::optional<Distrust>> find_distrust_of_link(const std::string& path) { return Walk(path, false).run(); }

bool is_shared_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && is_shared(info);
}

}  // namespace m1opt::platform::posix
