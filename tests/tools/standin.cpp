// Stands in for an LLM server: passes over a matrix that no cache holds, on all cores, with a
// spinning barrier after each layer as llama.cpp has it. One late thread delays all, which is why
// a little contention costs an LLM so much. Its unit is passes/s, which is not tok/s.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "tool.h"

namespace {

constexpr std::size_t kLayers = 32;
constexpr std::size_t kColumns = 2048;
constexpr std::size_t kLanes = 16;  ///< independent sums, so that the compiler may use vectors

class Barrier {
 public:
  explicit Barrier(unsigned threads) : threads_(threads) {}
  void wait() {
    const unsigned round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    while (round_.load(std::memory_order_acquire) == round) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }

 private:
  const unsigned threads_;
  std::atomic<unsigned> arrived_{0};
  std::atomic<unsigned> round_{0};
};

float dot(const float* row, const float* vector) {
  float sums[kLanes] = {};
  for (std::size_t i = 0; i < kColumns; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += row[i + lane] * vector[i + lane];
  }
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

struct Model {
  std::size_t rows;  ///< in each layer
  std::vector<float> weights;
  std::vector<float> input = std::vector<float>(kColumns, 0.5F);
  std::vector<float> output;

  explicit Model(std::size_t bytes)
      : rows(std::max<std::size_t>(1, bytes / sizeof(float) / kLayers / kColumns)),
        weights(kLayers * rows * kColumns, 0.25F),
        output(rows) {}
};

void work(Model& model, Barrier& barrier, std::atomic<std::uint64_t>& passes, unsigned thread,
          unsigned threads) {
  const std::size_t first = model.rows * thread / threads;
  const std::size_t last = model.rows * (thread + 1) / threads;
  for (;;) {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      for (std::size_t row = first; row < last; ++row) {
        model.output[row] =
            dot(&model.weights[(layer * model.rows + row) * kColumns], model.input.data());
      }
      barrier.wait();
    }
    if (thread == 0) passes.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const m1opt::tools::Arguments arguments(argc, argv);
  const double seconds = m1opt::tools::limit_lifetime(arguments);
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const auto threads = std::max(1U, static_cast<unsigned>(arguments.number("--threads", cores)));
  Model model(static_cast<std::size_t>(arguments.number("--mib", 256)) << 20U);
  Barrier barrier(threads);
  std::atomic<std::uint64_t> passes{0};
  for (unsigned i = 0; i < threads; ++i) {
    std::thread(work, std::ref(model), std::ref(barrier), std::ref(passes), i, threads).detach();
  }
  const auto start = Clock::now();
  auto last = start;
  std::uint64_t counted = 0;
  while (std::chrono::duration<double>(last - start).count() < seconds) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto now = Clock::now();
    const std::uint64_t all = passes.load(std::memory_order_relaxed);
    const double elapsed = std::chrono::duration<double>(now - last).count();
    std::printf("{\"label\": \"stand-in passes/s\", \"passes_per_s\": %.3f, \"elapsed_s\": %.3f}\n",
                static_cast<double>(all - counted) / elapsed, elapsed);
    if (std::fflush(stdout) != 0) return 0;  // the reader has gone
    counted = all;
    last = now;
  }
  std::_Exit(0);  // the threads still use what main owns
}
