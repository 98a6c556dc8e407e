#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/process_id.h"

namespace m1opt::model {

using namespace m1opt::base;

/// Scheduling tiers that the system's own tool is asked to set, 0 best, 5 worst.
/// Nothing can read a tier, and nothing but the end of the process takes it
/// away: this is no hold and has no undo record.
struct TierRequest {
  ProcessId process;
  std::string executable;  ///< as the sample saw it; must still be so
  std::string workload;
  std::optional<int> throughput;
  std::optional<int> latency;

  bool operator==(const TierRequest&) const = default;
};

enum class TierResult {
  asked,        ///< the tool said that it did it; whether it is in force nobody can tell
  unsupported,  ///< this system has no tiers
  gone,         ///< the process had ended, so nothing was asked
  failed
};
BOOST_DESCRIBE_ENUM(TierResult, asked, unsupported, gone, failed)

struct TierOutcome {
  TierRequest request;
  TierResult result{};
  std::optional<int> exit_status;  ///< absent when the tool did not run to its end
  std::string text;

  bool operator==(const TierOutcome&) const = default;
};

/// What was asked for one process of a workload, never what is in force.
struct TierStatus {
  std::optional<int> throughput_tier;
  std::optional<int> latency_tier;
  std::optional<int> exit_status;  ///< of taskpolicy; absent while it runs and when it did not run to its end
  std::string text;

  bool operator==(const TierStatus&) const = default;
};
BOOST_DESCRIBE_STRUCT(TierStatus, (), (throughput_tier, latency_tier, exit_status, text))

}  // namespace m1opt::model
