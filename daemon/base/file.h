#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace m1opt::base {

/// The whole file as text. Refuses more than `limit` bytes (`io`), so that
/// nothing under a user's control can fill the daemon's memory. Works for
/// /proc and /sys files, whose stat size says nothing.
Result<std::string> read_file(const std::string& path, std::size_t limit = 1U << 20U);

/// The whole text to where the file stands; `path` is for the error.
Result<void> write_all(int fd, std::string_view text, const std::string& path);
/// Paths of a directory's entries whose names end in `ending`, sorted; hidden
/// ones (".x") are left out, as a shell would. An absent directory has none.
Result<std::vector<std::string>> list_directory(const std::string& directory,
                                                std::string_view ending);

/// Refuses a file that is not to be trusted with what this program wrote down: no plain file,
/// another's (root's is fine), writable by others. One that is absent is no fault.
Result<void> check_own_file(const std::string& path);

/// Makes the file if need be. On a full or read-only file system one that is there is opened all the
/// same: what only undoes needs no disk. No descriptor, and errno, when it cannot be had.
Fd open_lock_file(const std::string& path);

/// Makes the file if need be and holds it against whoever asks for it too, until the descriptor is
/// closed or the process ends; `busy` while another has it.
Result<Fd> lock_file(const std::string& path);

/// Names that were made, changed or removed beside `path` are on the disk, as far as it can be had.
void sync_directory_of(const std::string& path);

/// Replaces the file in one step: temp file in the same directory, chmod,
/// sync (on macOS of the drive itself), rename, sync of the directory. On error the old file is untouched.
Result<void> write_file_atomic(const std::string& path, std::string_view text, unsigned mode);

/// Into a file that is there, by one call, as the kernel's own files below /proc and /sys want it.
Result<void> write_in_place(const std::string& path, std::string_view text);

}  // namespace m1opt::base
