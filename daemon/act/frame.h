#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/action.h"

/// What daemon and guardian say to each other over their socket pair: frames of
/// one type byte, a 32-bit length and a payload.
namespace m1opt::act {

using namespace m1opt::base;
using namespace m1opt::model;

enum class FrameType : char {
  // daemon to guardian
  hold = 'H',       ///< payload: an UndoRecord as text; new or replaced; answered by acknowledged
  closed = 'C',     ///< payload: a record id; the daemon has undone it
  beat = 'B',       ///< payload: empty; the control loop lives
  resumed = 'R',    ///< payload: empty; the daemon has seen `revoked` and read the journal again
  // guardian to daemon
  acknowledged = 'A',  ///< payload: a record id
  revoked = 'V',       ///< payload: empty; the guardian undoes everything it holds
  undone = 'U',        ///< payload: "ID CODE TEXT"
  ready = 'Y'          ///< payload: "1": its memory is locked, "0": not, "-": this system cannot
};

struct Frame {
  FrameType type{};
  std::string payload;
};

inline constexpr std::uint32_t kLargestFrame = 4U << 20U;

/// Sends all of it, waiting at most `patience_ms` for room.
Result<void> send_frame(int fd, FrameType type, std::string_view payload, int patience_ms);

/// Collects bytes and cuts them into frames.
class FrameReader {
 public:
  /// Reads what is there without waiting. `gone` at end of file, `parse` on nonsense.
  Result<void> fill(int fd);
  std::optional<Frame> next();

 private:
  std::string buffer_;
};

}  // namespace m1opt::act
