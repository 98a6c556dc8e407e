#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace m1opt::serve {

using namespace m1opt::base;

/// Gives the next bytes with each call, kLargestPiece at most; none at the end.
using TraceText = std::function<Result<std::string>()>;

/// What serve/ may ask of the recorded trace, on the slow thread.
class TraceArchive {
 public:
  virtual ~TraceArchive() = default;

  /// Whole lines, oldest first, beginning with a header: that of the piece in which `since` lies.
  virtual TraceText read(WallTime since) = 0;
};

}  // namespace m1opt::serve
