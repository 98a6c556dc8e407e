// Takes CPU, memory bandwidth, disk and page cache, as photo analysis or indexing does.
// m1opt_hog [--cpu THREADS] [--memory MIB] [--io DIR] [--page-cache FILE [--page-cache-mib MIB]]
//           [--threads-come-and-go] [--fork-children] [--exec-on-usr1 PROGRAM] [--seconds S] [--detach]
// A copy under another name is a process of that name. Prints one line when all of it runs.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "tool.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMiB = 1U << 20U;
constexpr int kMaxChildren = 8;

std::atomic<std::uint64_t> sink{0};

void spin_until(Clock::time_point end) {
  std::uint64_t value = 1;
  while (Clock::now() < end) {
    for (int i = 0; i < 100000; ++i) value = value * 6364136223846793005U + 1442695040888963407U;
    sink.store(value, std::memory_order_relaxed);
  }
}

[[noreturn]] void fail(const std::string& what) {
  std::perror(what.c_str());
  std::_Exit(1);
}

void use_memory(std::size_t bytes) {
  std::vector<std::uint64_t> words(bytes / sizeof(std::uint64_t), 1);
  for (;;) {
    for (std::uint64_t& word : words) word += 3;
    sink.store(words[words.size() / 2], std::memory_order_relaxed);
  }
}

/// The file has no name from the start, so nothing stays on the disk whatever ends the hog.
void use_disk(const std::string& directory) {
  std::string name = directory + "/m1opt_hog.XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0) fail("create " + name);
  ::unlink(name.c_str());
  const std::vector<char> block(kMiB, 'x');
  for (std::uint64_t i = 0;; ++i) {
    const auto at = static_cast<off_t>(i % 64 * kMiB);
    if (::pwrite(fd, block.data(), block.size(), at) < 0) fail("write in " + directory);
    if (i % 4 == 3) ::fsync(fd);
  }
}

/// Touches every page of the mapped file again and again: in a cgroup with less memory than that
/// it stalls on memory without ever being a candidate for the OOM killer.
void use_page_cache(const std::string& path, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) fail("open " + path);
  const std::vector<char> block(kMiB, 'x');
  for (auto size = static_cast<std::size_t>(status.st_size); size < bytes; size += kMiB) {
    if (::pwrite(fd, block.data(), kMiB, static_cast<off_t>(size)) < 0) fail("write " + path);
  }
  void* map = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) fail("map " + path);
  for (;;) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < bytes; at += kPage) sum += static_cast<const unsigned char*>(map)[at];
    sink.store(sum, std::memory_order_relaxed);
  }
}

void start_short_threads() {
  for (;;) {
    std::thread(spin_until, Clock::now() + 500ms).detach();
    std::this_thread::sleep_for(100ms);
  }
}

/// From the main thread, because a parent-death signal follows the thread that forked.
void run_children(Clock::time_point end) {
  int alive = 0;
  while (Clock::now() < end) {
    while (alive > 0 && ::waitpid(-1, nullptr, WNOHANG) > 0) --alive;
    if (alive < kMaxChildren) {
      const pid_t parent = ::getpid();
      const pid_t child = ::fork();
      if (child == 0) {
        m1opt::test::end_with_parent(parent);
        spin_until(Clock::now() + 1s);
        ::_exit(0);
      }
      if (child > 0) ++alive;
    }
    std::this_thread::sleep_for(100ms);
  }
}

void exec_on_usr1(const std::string& program, const sigset_t& usr1) {
  int received = 0;
  sigwait(&usr1, &received);
  ::execl(program.c_str(), program.c_str(), "60", nullptr);
  fail("exec " + program);
}

}  // namespace

int main(int argc, char** argv) {
  const m1opt::tools::Arguments arguments(argc, argv);
  const double seconds = m1opt::tools::limit_lifetime(arguments);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  const auto mib = [&](std::string_view name, double otherwise) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(arguments.number(name, otherwise))) *
           kMiB;
  };
  sigset_t usr1{};
  sigemptyset(&usr1);  // a macro on macOS
  sigaddset(&usr1, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &usr1, nullptr);  // before there are threads, which inherit it
  const auto spinners = static_cast<int>(arguments.number("--cpu", 0));
  for (int i = 0; i < spinners; ++i) std::thread(spin_until, end).detach();
  if (arguments.has("--memory")) std::thread(use_memory, mib("--memory", 1)).detach();
  if (arguments.has("--io")) std::thread(use_disk, arguments.text("--io")).detach();
  if (arguments.has("--page-cache")) {
    std::thread(use_page_cache, arguments.text("--page-cache"), mib("--page-cache-mib", 256))
        .detach();
  }
  if (arguments.has("--threads-come-and-go")) std::thread(start_short_threads).detach();
  std::printf("{\"pid\": %d}\n", static_cast<int>(::getpid()));
  std::fflush(stdout);
  if (arguments.has("--exec-on-usr1")) exec_on_usr1(arguments.text("--exec-on-usr1"), usr1);
  if (arguments.has("--fork-children")) run_children(end);
  std::this_thread::sleep_until(end);
  std::_Exit(0);
}
