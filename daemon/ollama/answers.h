#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/sample.h"

/// Answers of a local Ollama or llama-server as text -> structs. Unknown keys
/// are accepted, since both add some with every release; a known key of the
/// wrong type is `parse`, naming it. Nothing here is trusted: sizes and counts
/// are bounded.
namespace m1opt::ollama {

using namespace m1opt::base;
using namespace m1opt::model;

/// GET /api/ps: the models in memory. Entries without a name are `parse`; a
/// missing size, context or expiry is absent (size 0 stays 0: the server says so
/// for a model that it is loading).
Result<std::vector<LoadedModel>> parse_ps(std::string_view text);

/// GET /api/version. Builds from source say "0.0.0".
struct Version {
  int major{0};
  int minor{0};
  int patch{0};
  std::string text;  ///< as the server wrote it, "0.32.15-rc1"

  auto operator<=>(const Version&) const = default;
  /// From 0.30 each model runs in a llama-server child. Unknown for "0.0.0".
  [[nodiscard]] std::optional<bool> uses_llama_server() const;
};
Result<Version> parse_version(std::string_view text);

/// GET /slots of llama-server: what runs now? Newer servers say
/// "is_processing", older ones "state" (0 = idle); the tokens generated so far
/// stand in "next_token", an object or a list of one. `runner` is left empty.
Result<std::vector<SlotReading>> parse_slots(std::string_view text);

/// GET /health of llama-server: {"status":"ok"}, or 503 with
/// {"error":{"message":"Loading model",...}} while it loads.
enum class Health { ok, loading, failed };
Result<Health> parse_health(std::string_view text);

/// The "error" of a failed answer, as text or {"message": text}; empty when
/// there is none.
std::string parse_error_text(std::string_view text);

/// RFC 3339 with any number of fraction digits and Z or an offset, as Go writes
/// times. Seconds since 1970 may lie outside what WallTime holds.
struct Timestamp {
  std::int64_t seconds{0};  ///< since 1970, UTC
  std::int32_t nanoseconds{0};

  auto operator<=>(const Timestamp&) const = default;
};
Result<Timestamp> parse_timestamp(std::string_view text);

/// An expiry more than 100 years ahead means "never" (keep_alive -1 is written
/// as some 292 years).
bool is_never(const Timestamp& expiry, const Timestamp& now);

}  // namespace m1opt::ollama
