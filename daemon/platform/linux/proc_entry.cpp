#include "platform/linux/proc_entry.h"

#include <dirent.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <sstream>

#include "base/file.h"
#include "base/linux/boot_clock.h"

namespace m1opt::platform {

namespace {

constexpr std::size_t kLargestStatus = 16384;

std::string status_file(std::int32_t pid) { return "/proc/" + std::to_string(pid) + "/status"; }

/// 0 when the key is not there.
Result<std::int32_t> read_status_number(std::int32_t pid, std::string_view key) {
  auto text = read_file(status_file(pid), kLargestStatus);
  if (!text) return text.error();
  const auto at = text->find(key);
  std::int32_t number = 0;
  if (at != std::string::npos) {
    std::from_chars(text->data() + at + key.size(), text->data() + text->size(), number);
  }
  return number;
}

}  // namespace

Result<ProcEntry> read_proc_entry(const std::string& directory) {
  auto text = read_file(directory + "/stat", 8192);
  if (!text) return text.error();
  // The name in parentheses may hold spaces and parentheses: count from the last one.
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos) return Error{Errc::parse, 0, directory + "/stat: no name"};
  std::istringstream fields(text->substr(name_end + 1));
  ProcEntry entry;
  std::string skipped;
  fields >> entry.state >> entry.parent >> skipped >> entry.session;
  for (int field = 7; field < 22; ++field) fields >> skipped;
  if (!(fields >> entry.start)) return Error{Errc::parse, 0, directory + "/stat: too short"};
  entry.start -= static_cast<std::uint64_t>(boot_clock_offset_ticks());
  return entry;
}

Result<std::vector<std::int32_t>> list_numbers(const std::string& directory) {
  struct Closer {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  std::unique_ptr<DIR, Closer> handle(::opendir(directory.c_str()));
  if (!handle) return error_from_errno("open " + directory, errno);
  std::vector<std::int32_t> numbers;
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name(entry->d_name);
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<std::int32_t> thread_group(std::int32_t tid) {
  auto group = read_status_number(tid, "\nTgid:\t");
  if (group && *group <= 0) return Error{Errc::parse, 0, status_file(tid) + ": no Tgid"};
  return group;
}

Result<bool> is_traced(std::int32_t pid) {
  auto tracer = read_status_number(pid, "\nTracerPid:\t");
  if (!tracer) return tracer.error();
  return *tracer != 0;
}

Result<bool> stop_pending(std::int32_t pid) {
  auto text = read_file(status_file(pid), kLargestStatus);
  if (!text) return text.error();
  constexpr std::uint64_t kStopBit = 1ULL << (SIGSTOP - 1);
  for (const char* key : {"\nSigPnd:\t", "\nShdPnd:\t"}) {
    const auto at = text->find(key);
    if (at == std::string::npos) continue;
    std::uint64_t mask = 0;
    const char* first = text->data() + at + 9;
    std::from_chars(first, text->data() + text->size(), mask, 16);
    if ((mask & kStopBit) != 0) return true;
  }
  return false;
}

bool has_capability(int capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  const auto word = static_cast<std::size_t>(capability) / 32;
  return word < data.size() && (data[word].effective >> (capability % 32) & 1U) != 0;
}

}  // namespace m1opt::platform
