// A recorded trace, as m1optctl simulate is given it.
#include "wire/trace.h"

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"

namespace m1opt::fuzz {

namespace {

using namespace std::chrono_literals;

/// Far more than an input of libFuzzer's size has, but for repeats.
constexpr std::size_t kMostTicks = 300;

class Writer final : public wire::TraceSink {
 public:
  void on_header(const model::TraceHeader& header) override { text += writer_.header(header); }
  void on_tick(const model::TraceTick& tick) override {
    require(tick.at >= 0s && tick.at <= 1'000'000'000s, "a time lies within what may be written");
    if (++ticks <= kMostTicks) text += writer_.tick(tick.at, tick.period, tick.sample, tick.notes);
  }

  std::string text;
  std::size_t ticks{0};

 private:
  wire::TraceWriter writer_;
};

/// False: refused.
bool read(std::string_view input, Writer& into) {
  wire::TraceReader reader(into);
  while (!input.empty()) {
    const auto end = input.find('\n');
    if (const auto fault = reader.take(input.substr(0, end))) {
      require(fault->line > 0 && !fault->fault.path.empty() && !fault->fault.text.empty(),
              "a refusal names line, place and cause");
      return false;
    }
    if (end == std::string_view::npos || into.ticks > kMostTicks) break;
    input.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

void trace(std::string_view input) {
  // A line may stand for a million ticks, which is slow and shows nothing.
  if (input.find("repeat") != std::string_view::npos && input.find("000") != std::string_view::npos) return;
  Writer first;
  if (!read(input, first) || first.ticks > kMostTicks) return;
  Writer second;
  require(read(first.text, second), "what is written can be read");
  require(first.text == second.text, "what is written reads back as the same");
}

}  // namespace m1opt::fuzz
