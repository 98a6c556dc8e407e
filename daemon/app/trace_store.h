#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace m1opt::app {

using namespace m1opt::base;

/// So many pieces fill the ring.
inline constexpr int kPiecesInRing = 8;

/// The trace on the disk: files trace-N.jsonl of the state directory, each a piece that can be read
/// alone. The oldest are removed when there is too much. Nothing is synced: what a power cut takes is
/// no loss.
class TraceStore {
 public:
  struct Piece {
    std::uint64_t number{0};
    std::string path;
    std::uint64_t size{0};
    WallTime written;  ///< for the last time
  };

  explicit TraceStore(std::string directory) : directory_(std::move(directory)) {}

  // For the control thread.

  /// Lines to be written by the next write(). With `begins` they are the first of a piece; all pieces
  /// together take `most` at most.
  void put(std::string_view lines, bool begins, Bytes most);
  /// Why something could not be written, once. It is lost, and what is put next must begin a piece.
  std::optional<std::string> take_failure();
  /// Grows with each success.
  [[nodiscard]] int written() const { return written_; }

  // For the slow thread.

  void write();
  /// Oldest first; what was put is in them.
  std::vector<Piece> pieces();
  /// Up to the end of its last whole line: a daemon that was killed may have written half of one.
  static Result<std::uint64_t> whole_size(const Fd& file);

 private:
  struct Block {
    std::string lines;
    bool begins{false};
    Bytes most;
  };

  Result<void> write_block(const Block& block);
  Result<void> open_next(Bytes most);
  std::vector<Piece> list() const;

  std::string directory_;
  std::mutex mutex_;
  std::deque<Block> blocks_;
  std::size_t waiting_{0};  ///< bytes in them
  std::optional<std::string> failure_;
  std::atomic<int> written_{0};
  // Of the slow thread alone.
  Fd file_;
  std::string path_;
};

}  // namespace m1opt::app
