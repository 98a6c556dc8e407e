#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "base/linux/boot_clock.h"
#include "platform/linux/polled_file.h"
#include "platform/linux/sensors.h"
#include "platform/platform.h"
#include "platform/process_text.h"
#include "platform/text.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kArgumentBytes = 4096;
constexpr std::size_t kArgumentWords = 64;
constexpr std::size_t kStatBytes = 2048;
constexpr std::size_t kDirectoryBytes = 32768;
constexpr std::int32_t kLastPid = (1 << 22);  // PID_MAX_LIMIT

/// The kernel's struct linux_dirent64, up to the name.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameOffset = 19;

/// "123/stat" relative to /proc, without allocating.
class EntryPath {
 public:
  EntryPath(std::int32_t pid, const char* file) {
    char* end = std::to_chars(text_.data(), text_.data() + 16, pid).ptr;
    *end++ = '/';
    std::strncpy(end, file, 32);
  }
  [[nodiscard]] const char* get() const { return text_.data(); }

 private:
  std::array<char, 64> text_{};
};

Error entry_error(std::int32_t pid, const char* file, int os_errno) {
  // A process that ends while its file is read gives ESRCH, before that ENOENT.
  return error_from_errno("/proc/" + std::to_string(pid) + "/" + file, os_errno);
}

class LinuxProcessTable final : public ProcessTable {
 public:
  explicit LinuxProcessTable(const std::string& sysroot)
      : captured_(!sysroot.empty()),
        root_(sysroot + "/proc"),
        loadavg_(root_ + "/loadavg"),
        units_{::sysconf(_SC_CLK_TCK), read_page_size(sysroot)},
        buffer_(kDirectoryBytes) {}

  Result<std::vector<std::int32_t>> list() override {
    if (auto read = list_range(1, kLastPid, listed_); !read) return read.error();
    std::vector<std::int32_t> pids;
    pids.reserve(listed_.size());
    for (const auto& entry : listed_) pids.push_back(entry.pid);
    return pids;
  }

  Result<void> list_range(std::int32_t first, std::int32_t last,
                          std::vector<ListedProcess>& out) override;
  std::optional<std::int32_t> newest_pid() override {
    if (captured_) return std::nullopt;
    const auto text = loadavg_.read(buffer_);
    return text ? parse_newest_pid(*text) : std::nullopt;
  }

  Result<ProcessInfo> stat(std::int32_t pid) override {
    const auto text = read_entry(pid, "stat", kStatBytes);
    if (!text) return text.error();
    auto info = parse_process_stat(*text, units_);
    if (info && !captured_) info->id.start -= static_cast<std::uint64_t>(boot_clock_offset_ticks());
    return info;
  }

  Result<std::string> executable(std::int32_t pid) override;
  Result<std::uint32_t> owner(std::int32_t pid) override;

  Result<std::vector<std::string>> arguments(std::int32_t pid) override {
    const auto text = read_entry(pid, "cmdline", kArgumentBytes);
    if (!text) return text.error();
    return parse_arguments(*text, kArgumentWords, text->size() == kArgumentBytes);
  }

  Result<Duration> waited(ProcessId process) override;
  Result<bool> has_watchdog(std::int32_t pid) override;
  Result<std::vector<std::string>> variables(std::int32_t pid,
                                             const std::vector<std::string>& names) override;

 private:
  /// Up to `limit` bytes of a file of /proc/PID, in buffer_.
  Result<std::string_view> read_entry(std::int32_t pid, const char* file, std::size_t limit);
  [[nodiscard]] Result<std::string> read_environment(std::int32_t pid) const;
  Result<int> open_root();

  bool captured_;
  std::string root_;
  Fd fd_;
  PolledFile loadavg_;
  ProcessUnits units_;
  std::vector<char> buffer_;
  std::vector<ListedProcess> listed_;
};

Result<int> LinuxProcessTable::open_root() {
  if (!fd_.valid()) {
    fd_ = Fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd_.valid()) return error_from_errno("open " + root_, errno);
  }
  return fd_.get();
}

Result<void> LinuxProcessTable::list_range(std::int32_t first, std::int32_t last,
                                           std::vector<ListedProcess>& out) {
  out.clear();
  const auto root = open_root();
  if (!root) return root.error();
  // In procfs the position of a process is its pid plus 257 or 258 (fs/proc/base.c,
  // TGID_OFFSET, which grew once). With 256 the list starts one or two numbers
  // early, earlier still should it grow again; what comes too early is skipped.
  constexpr std::int32_t kFirstProcess = 256;
  const off_t start = captured_ || first <= 1 ? 0 : kFirstProcess + first;
  if (::lseek(*root, start, SEEK_SET) < 0) return error_from_errno("seek " + root_, errno);
  for (;;) {
    const long bytes = ::syscall(SYS_getdents64, *root, buffer_.data(), buffer_.size());
    if (bytes < 0) return error_from_errno("list " + root_, errno);
    if (bytes == 0) break;
    for (long at = 0; at < bytes;) {
      DirectoryEntry entry{};
      std::memcpy(&entry, buffer_.data() + at, kNameOffset);
      const std::string_view name(buffer_.data() + at + kNameOffset);
      at += entry.length;
      const auto pid = parse_number<std::int32_t>(name);
      if (!pid || *pid < first) continue;
      if (*pid <= last) {
        out.push_back({*pid, captured_ ? 0 : entry.inode});
      } else if (!captured_) {
        return {};
      }
    }
  }
  if (captured_) {
    std::sort(out.begin(), out.end(),
              [](const ListedProcess& a, const ListedProcess& b) { return a.pid < b.pid; });
  }
  return {};
}

Result<std::string_view> LinuxProcessTable::read_entry(std::int32_t pid, const char* file,
                                                       std::size_t limit) {
  const auto root = open_root();
  if (!root) return root.error();
  const Fd fd(::openat(*root, EntryPath(pid, file).get(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return entry_error(pid, file, errno);
  std::size_t length = 0;
  while (length < limit) {
    const ssize_t n = ::read(fd.get(), buffer_.data() + length, limit - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return entry_error(pid, file, errno);
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
    // procfs gives all of a stat line at once; asking for its end would cost a call.
    if (limit == kStatBytes && buffer_[length - 1] == '\n') break;
  }
  return std::string_view(buffer_.data(), length);
}

Result<std::string> LinuxProcessTable::executable(std::int32_t pid) {
  const auto root = open_root();
  if (!root) return root.error();
  const ssize_t n =
      ::readlinkat(*root, EntryPath(pid, "exe").get(), buffer_.data(), buffer_.size());
  if (n < 0) return entry_error(pid, "exe", errno);
  return std::string(buffer_.data(), static_cast<std::size_t>(n));
}

Result<std::uint32_t> LinuxProcessTable::owner(std::int32_t pid) {
  if (captured_) {
    // The files of a captured tree belong to whoever copied them.
    const auto text = read_entry(pid, "status", kArgumentBytes);
    if (!text) return text.error();
    return parse_status_uid(*text);
  }
  const auto root = open_root();
  if (!root) return root.error();
  // The directory itself, mode 0555, belongs to the effective uid even where the
  // process forbids inspection, unlike the files in it (fs/proc/base.c, task_dump_owner).
  struct ::stat status {};
  if (::fstatat(*root, EntryPath(pid, "").get(), &status, 0) != 0)
    return entry_error(pid, "", errno);
  return status.st_uid;
}

Result<Duration> LinuxProcessTable::waited(ProcessId process) {
  const auto before = stat(process.pid);
  if (!before) return before.error();
  const Error gone{Errc::gone, 0, "pid " + std::to_string(process.pid) + " is another process now"};
  if (before->id != process) return gone;
  const std::string tasks = root_ + "/" + std::to_string(process.pid) + "/task/";
  Duration sum{};
  bool counted = false;
  Error fault{Errc::gone, 0, tasks + ": no thread"};
  for (const auto& name : list_names(tasks)) {
    const auto text = read_file(tasks + name + "/schedstat", kStatBytes);
    if (!text) {
      fault = text.error();
      continue;
    }
    const auto thread = parse_waited(*text);
    if (thread) {
      sum += *thread;
      counted = true;
    } else {
      fault = thread.error();
    }
  }
  if (!counted) return fault;
  return sum;
}

Result<std::string> LinuxProcessTable::read_environment(std::int32_t pid) const {
  constexpr std::size_t kLimit = 2U << 20U;
  return read_file(root_ + "/" + std::to_string(pid) + "/environ", kLimit);
}

Result<bool> LinuxProcessTable::has_watchdog(std::int32_t pid) {
  const auto text = read_environment(pid);
  if (!text) return text.error();
  return has_watchdog_variables(*text, pid);
}

Result<std::vector<std::string>> LinuxProcessTable::variables(
    std::int32_t pid, const std::vector<std::string>& names) {
  const auto text = read_environment(pid);
  if (!text) return text.error();
  return pick_variables(*text, names);
}

}  // namespace

std::unique_ptr<ProcessTable> make_process_table(const std::string& sysroot) {
  return std::make_unique<LinuxProcessTable>(sysroot);
}

}  // namespace m1opt::platform
