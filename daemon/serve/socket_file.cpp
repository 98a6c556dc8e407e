#include "serve/socket_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace m1opt::serve {

using namespace m1opt::base;

namespace {

/// macOS takes 103 bytes and a zero, Linux 107; the shorter holds everywhere.
constexpr std::size_t kLongestPath = 103;
/// Root waits behind so many of a stranger's connections at the most, some 20 ms; SOMAXCONN is 4096.
/// Beyond, connect() waits.
constexpr int kBacklog = 1024;
constexpr unsigned kOwnersAlone = 0600;

Result<Fd> make_socket() {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!fd.valid()) return error_from_errno("socket", errno);
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  return fd;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Of what lies at the path itself: where a symlink leads to stays as it is.
Result<void> change_mode(const std::string& path, unsigned mode) {
  if (::fchmodat(AT_FDCWD, path.c_str(), static_cast<mode_t>(mode), AT_SYMLINK_NOFOLLOW) == 0) return {};
  return error_from_errno("chmod " + path, errno);
}

Result<void> make_directory(const std::string& directory) {
  if (directory == "." || directory == "/") return {};
  // The umask may have taken the others' way in.
  if (::mkdir(directory.c_str(), 0755) == 0) return change_mode(directory, 0755);
  if (errno == EEXIST) return {};
  return error_from_errno("make the socket's directory " + directory, errno);
}

/// Clears the way for bind(): a dead server's socket goes, anything else stays.
Result<void> remove_dead(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return error_from_errno("look at " + path, errno);
  }
  if (!S_ISSOCK(there.st_mode)) {
    return Error{Errc::busy, EEXIST,
                 path + " is there and is no socket; remove it or use --socket"};
  }
  auto probe = make_socket();
  if (!probe) return probe.error();
  ::fcntl(probe->get(), F_SETFL, O_NONBLOCK);
  const sockaddr_un address = address_of(path);
  if (::connect(probe->get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno != ECONNREFUSED) {
    return Error{Errc::busy, EADDRINUSE, "another server answers at " + path};
  }
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return error_from_errno("remove the dead socket " + path, errno);
}

}  // namespace

SocketFile::SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    fd_ = std::move(other.fd_);
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

Result<SocketFile> SocketFile::open(const std::string& path, const CheckDirectory& check) {
  if (path.empty() || path.size() > kLongestPath) {
    return Error{Errc::io, ENAMETOOLONG,
                 fmt::format("the socket path has {} bytes, 1 to {} are possible: {}", path.size(),
                             kLongestPath, path)};
  }
  const std::string directory = directory_of(path);
  if (auto good = check(directory); !good) return good.error();
  if (auto made = make_directory(directory); !made) return made.error();
  if (auto cleared = remove_dead(path); !cleared) return cleared.error();
  auto fd = make_socket();
  if (!fd) return fd.error();
  const sockaddr_un address = address_of(path);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return error_from_errno("bind " + path, errno);
  }
  // From here on only whoever may change a good directory decides what the path means. In a bad one
  // nothing is removed either: that would be whatever its owner has put there by now.
  if (auto good = check(directory); !good) return good.error();
  // Nobody can connect before it listens, so what the umask made of the file's mode does not matter.
  if (auto closed = change_mode(path, kOwnersAlone); !closed) return closed.error();
  SocketFile file;
  file.path_ = path;
  file.fd_ = *std::move(fd);
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return error_from_errno("look at " + path, errno);
  file.device_ = static_cast<std::uint64_t>(made.st_dev);
  file.inode_ = made.st_ino;
  if (::listen(file.fd_.get(), kBacklog) != 0) return error_from_errno("listen " + path, errno);
  return file;
}

bool SocketFile::in_place() const {
  struct stat there {};
  return ::lstat(path_.c_str(), &there) == 0 &&
         static_cast<std::uint64_t>(there.st_dev) == device_ && there.st_ino == inode_;
}

Result<void> SocketFile::set_mode(unsigned mode, std::optional<std::uint32_t> group) {
  if (!in_place()) return {};
  if (group && ::lchown(path_.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    const int fault = errno;
    if (auto closed = change_mode(path_, kOwnersAlone); !closed) return closed;
    return error_from_errno(
        fmt::format("only its owner can connect to {}, since it cannot be given to group {} (this needs CAP_CHOWN or "
                    "a daemon in that group; systemd: SupplementaryGroups={})",
                    path_, *group, *group),
        fault);
  }
  return change_mode(path_, mode);
}

void SocketFile::remove() {
  if (!path_.empty() && in_place()) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace m1opt::serve
