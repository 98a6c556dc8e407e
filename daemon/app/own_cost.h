#pragma once

#include <optional>

#include "base/clock.h"
#include "model/snapshot.h"

namespace m1opt::app {

using namespace m1opt::base;
using namespace m1opt::model;

/// What daemon and guardian themselves take.
class OwnCost {
 public:
  /// Brings memory and CPU share up to date when it is time to.
  void measure(Instant now, SelfStatus& self, GuardianStatus& guardian);

 private:
  struct Reading {
    Instant at;
    Duration cpu{};            ///< of both since they started
    std::int32_t guardian{0};  ///< pid
  };
  std::optional<Reading> last_;
};

}  // namespace m1opt::app
