#include "base/temporary_file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/fd.h"
#include "base/file.h"

namespace m1opt::base {

Result<TemporaryFile> TemporaryFile::make(std::string_view name, std::string_view text) {
  std::error_code none;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(none);
  if (none) return error_from_errno("find the directory for temporary files (TMPDIR)", none.value());
  std::string path = std::filesystem::absolute(directory, none) / name;
  path += ".XXXXXX";
  const Fd fd(::mkstemp(path.data()));
  if (!fd.valid()) return error_from_errno("create a file in " + directory.string(), errno);
  TemporaryFile file(path);
  if (const auto written = write_all(fd.get(), text, path); !written) return written.error();
  return file;
}

TemporaryFile::~TemporaryFile() {
  std::error_code gone;
  if (!path_.empty()) std::filesystem::remove(path_, gone);
}

}  // namespace m1opt::base
