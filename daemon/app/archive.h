#pragma once

#include "serve/archive.h"

namespace m1opt::app {

/// All that is kept on a disk, for the API.
class Archive final : public serve::Archive {
 public:
  explicit Archive(serve::TraceArchive& trace) : trace_(trace) {}

  serve::TraceArchive& trace() override { return trace_; }

 private:
  serve::TraceArchive& trace_;
};

}  // namespace m1opt::app
