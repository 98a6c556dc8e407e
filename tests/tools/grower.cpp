// A process whose threads and child differ in every value that m1opt may change, and that starts
// more of both for as long as it runs; it works at nothing, so many may run at once.
// m1opt_grower [--seconds S]. Prints one line when the first of them are there.
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "tool.h"

namespace {

using namespace std::chrono_literals;

constexpr int kNice = 3;
constexpr int kSlowerNice = 5;
constexpr int kGroupNice = 2;
constexpr long kBestEffort = 2L << 13;
constexpr auto kPeriod = 100ms;
constexpr auto kLife = 350ms;

void lower_io(long level) { ::syscall(SYS_ioprio_set, 1, 0, kBestEffort | level); }

void start_thread(const std::function<void()>& prepare) {
  std::promise<void> prepared;
  std::thread([&] {
    prepare();
    prepared.set_value();
    for (;;) ::pause();
  }).detach();
  prepared.get_future().wait();
}

pid_t start_child(std::chrono::milliseconds life) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  m1opt::test::end_with_parent(parent);
  std::thread([] {
    for (;;) ::pause();
  }).detach();
  std::this_thread::sleep_for(life);
  ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  const m1opt::tools::Arguments arguments(argc, argv);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::duration<double>(m1opt::tools::limit_lifetime(arguments));
  ::setpriority(PRIO_PROCESS, 0, kNice);
  if (std::FILE* group = std::fopen("/proc/self/autogroup", "w")) {
    std::fprintf(group, "%d", kGroupNice);
    std::fclose(group);
  }
  start_thread([] { ::setpriority(PRIO_PROCESS, 0, kSlowerNice); });
  start_thread([] {
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_BATCH, &none);
  });
  start_thread([] { lower_io(6); });
  start_child(std::chrono::hours(1));
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::chrono::steady_clock::now() < end) {
    // From the main thread, whose values they inherit.
    std::thread([] { std::this_thread::sleep_for(kLife); }).detach();
    start_child(kLife);
    std::this_thread::sleep_for(kPeriod);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  }
  std::_Exit(0);
}
