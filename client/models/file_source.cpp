#include "client/models/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace m1opt::client::models {

using base::Errc;
using base::Error;
using base::Result;

FileSource::FileSource(base::Fd fd, std::uint64_t size, std::string path)
    : fd_(std::move(fd)), size_(size), path_(std::move(path)) {}

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path, Links links) {
  const int no_links = links == Links::refused ? O_NOFOLLOW : 0;
  base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | no_links));
  if (!fd.valid()) return base::error_from_errno(path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return base::error_from_errno(path, errno);
  if (!S_ISREG(status.st_mode)) return Error{Errc::io, 0, path + ": no regular file"};
  return std::unique_ptr<FileSource>(new FileSource(std::move(fd), static_cast<std::uint64_t>(status.st_size), path));
}

Result<void> FileSource::read(std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(fd_.get(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::error_from_errno(path_, errno);
    if (got == 0) return Error{Errc::io, 0, path_ + ": became shorter while it was read"};
    done += static_cast<std::size_t>(got);
    bytes_read_ += static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace m1opt::client::models
