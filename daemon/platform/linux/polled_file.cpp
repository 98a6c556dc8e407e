#include "platform/linux/polled_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "platform/text.h"

namespace m1opt::platform {

Result<std::string_view> PolledFile::read(std::vector<char>& buffer) {
  if (!fd_.valid()) {
    fd_ = Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd_.valid()) return error_from_errno("open " + path_, errno);
  }
  ssize_t n = 0;
  do {
    n = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    const int saved = errno;
    fd_.reset();
    return error_from_errno("read " + path_, saved);
  }
  return std::string_view(buffer.data(), static_cast<std::size_t>(n));
}

std::string read_attribute(const std::string& path) {
  constexpr std::size_t kLimit = 4096;
  const auto text = read_file(path, kLimit);
  return text ? std::string(trim(*text)) : std::string{};
}

std::vector<std::string> list_names(const std::string& directory) {
  struct Closer {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  const std::unique_ptr<DIR, Closer> handle(::opendir(directory.c_str()));
  std::vector<std::string> names;
  if (!handle) return names;
  while (const dirent* entry = ::readdir(handle.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace m1opt::platform
