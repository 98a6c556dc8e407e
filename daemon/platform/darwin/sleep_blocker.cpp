#include <utility>

#include "platform/darwin/darwin.h"

namespace m1opt::platform::darwin {

namespace {

constexpr std::size_t kLongestName = 128;

/// A power assertion against idle sleep. It always has a timeout, so a daemon
/// that hangs keeps no machine awake; closing the lid still works.
class PowerAssertion final : public SleepBlocker {
 public:
  explicit PowerAssertion(RawCalls& calls) : calls_(calls) {}
  PowerAssertion(const PowerAssertion&) = delete;
  PowerAssertion& operator=(const PowerAssertion&) = delete;
  ~PowerAssertion() override { (void)PowerAssertion::release(); }

  Capability probe() override {
    const auto tried = calls_.create_assertion("m1optd looks whether it can", std::chrono::seconds(1));
    if (!tried) return {"keep_awake", false, tried.error().what};
    const auto seen = calls_.has_assertion(*tried);
    if (const auto back = calls_.release_assertion(*tried); !back) {
      return {"keep_awake", false, back.error().what};
    }
    if (!seen) {
      return {"keep_awake", true,
              "a power assertion against idle sleep, taken back; not read back: " + seen.error().what};
    }
    const auto after = calls_.has_assertion(*tried);
    reads_back_ = *seen && after && !*after;
    return {"keep_awake", true,
            reads_back_ ? "a power assertion against idle sleep, read back and taken back"
                        : "a power assertion against idle sleep, taken back; what is read back does not follow it"};
  }

  Result<void> hold(Duration at_most, const std::string& reason) override {
    const auto fresh = calls_.create_assertion(reason.substr(0, kLongestName), at_most);
    if (!fresh) return fresh.error();
    // Only now, so that there is no moment without one.
    const auto old = std::exchange(held_, *fresh);
    // It ends by its own timeout in any case, or has already.
    if (old) (void)calls_.release_assertion(*old);
    return {};
  }

  SleepBlock check() override {
    if (held_ && reads_back_) {
      const auto seen = calls_.has_assertion(*held_);
      if (seen && !*seen) held_.reset();
    }
    return {held_.has_value(), false, {}};
  }

  Result<void> release() override {
    const auto old = std::exchange(held_, std::nullopt);
    if (old) return calls_.release_assertion(*old);
    return {};
  }

 private:
  RawCalls& calls_;
  std::optional<std::uint32_t> held_;
  bool reads_back_{false};  ///< one that was made was there, and one that was taken back was not
};

}  // namespace

std::unique_ptr<SleepBlocker> make_sleep_blocker(RawCalls& calls) {
  return std::make_unique<PowerAssertion>(calls);
}

}  // namespace m1opt::platform::darwin
