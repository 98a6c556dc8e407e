#pragma once

#include <string>

#include "platform/platform.h"

namespace m1opt::test {

/// Keeps nothing awake, and says truly whether it was asked to.
class HonestBlocker final : public platform::SleepBlocker {
 public:
  model::Capability probe() override { return {"keep_awake", true, ""}; }
  base::Result<void> hold(base::Duration, const std::string&) override {
    held = true;
    return {};
  }
  platform::SleepBlock check() override { return {held, false, {}}; }
  base::Result<void> release() override {
    held = false;
    return {};
  }
  bool held{false};
};

}  // namespace m1opt::test
