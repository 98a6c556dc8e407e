#pragma once

#include <cstddef>
#include <functional>
#include <variant>

#include "serve/history_archive.h"
#include "serve/reply.h"
#include "serve/settings_archive.h"
#include "serve/trace_archive.h"

namespace m1opt::serve {

/// What the daemon keeps on a disk, and the system's settings. Called on the slow thread only, where every
/// function may take its time.
class Archive {
 public:
  virtual ~Archive() = default;

  virtual TraceArchive& trace() = 0;
  virtual HistoryArchive& history() = 0;
  virtual SettingsArchive& settings() = 0;
};

/// The largest body of one piece: so much memory a slow reader can keep.
inline constexpr std::size_t kLargestPiece = 256 * 1024;

/// An answer, or a piece of a longer one: `more` makes the next when this one has
/// been written. Status, type and headers are those of the first piece.
struct Fetched {
  Reply reply;
  std::function<Fetched(Archive&)> more{};
};
using FetchWork = std::function<Fetched(Archive&)>;

/// What is to be fetched, or the answer at once.
using FetchPlan = std::variant<Reply, FetchWork>;

}  // namespace m1opt::serve
