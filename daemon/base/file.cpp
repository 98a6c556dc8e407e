#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace m1opt::base {

namespace {

/// fsync() leaves it in the cache of a Mac's drive.
int sync(const Fd& fd) {
#ifdef F_FULLFSYNC
  if (::fcntl(fd.get(), F_FULLFSYNC) == 0) return 0;  // no file system on a network has it
#endif
  return ::fsync(fd.get());
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  std::string text;
  std::array<char, 8192> chunk{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("read " + path, errno);
    if (n == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) {
      return Error{Errc::io, EFBIG, "read " + path + ": larger than " + std::to_string(limit) + " bytes"};
    }
  }
}

Result<std::vector<std::string>> list_directory(const std::string& directory,
                                                std::string_view ending) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::error_code error;
  if (fs::symlink_status(directory, error).type() == fs::file_type::not_found) return paths;
  error.clear();
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && name.ends_with(ending)) paths.push_back(entry->path().string());
  }
  if (error) {
    return Error{Errc::io, error.value(), "list " + directory + ": " + error.message()};
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("write " + path, errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> check_own_file(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Result<void>{} : error_from_errno(path, errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{Errc::not_permitted, 0, path + " is no plain file: move it away"};
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Error{Errc::not_permitted, 0,
                 path + " belongs to uid " + std::to_string(info.st_uid) + ": chown root " + path};
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{Errc::not_permitted, 0, path + " can be written by others: move it away"};
  }
  return {};
}

Fd open_lock_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid() && (errno == EROFS || errno == ENOSPC || errno == EDQUOT)) {
    fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  }
  return fd;
}

Result<Fd> lock_file(const std::string& path) {
  Fd fd = open_lock_file(path);
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return error_from_errno("lock " + path, errno);
  return Error{Errc::busy, EWOULDBLOCK, path + " is held by another process"};
}

void sync_directory_of(const std::string& path) {
  const std::string directory = path.substr(0, path.find_last_of('/') + 1);
  const Fd fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) sync(fd);
}

Result<void> write_file_atomic(const std::string& path, std::string_view text, unsigned mode) {
  std::string temp = path + ".XXXXXX";
  Fd fd(::mkstemp(temp.data()));
  if (!fd.valid()) return error_from_errno("create a file beside " + path, errno);
  auto fail = [&](const char* step) -> Result<void> {
    const int saved = errno;
    ::unlink(temp.c_str());
    return error_from_errno(std::string(step) + " " + temp, saved);
  };
  if (auto written = write_all(fd.get(), text, temp); !written) {
    ::unlink(temp.c_str());
    return written;
  }
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return fail("chmod");
  if (sync(fd) != 0) return fail("sync");
  if (::rename(temp.c_str(), path.c_str()) != 0) return fail("rename");
  sync_directory_of(path);
  return {};
}

Result<void> write_in_place(const std::string& path, std::string_view text) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return error_from_errno("open " + path, errno);
  const ssize_t n = ::write(fd.get(), text.data(), text.size());
  if (n < 0) return error_from_errno("write " + path, errno);
  if (static_cast<std::size_t>(n) == text.size()) return {};
  return Error{Errc::io, 0, "write " + path + ": only a part was taken"};
}

}  // namespace m1opt::base
