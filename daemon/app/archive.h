#pragma once

#include "serve/archive.h"

namespace m1opt::app {

/// All that is kept on a disk, for the API.
class Archive final : public serve::Archive {
 public:
  Archive(serve::TraceArchive& trace, serve::HistoryArchive& history)
      : trace_(trace), history_(history) {}

  serve::TraceArchive& trace() override { return trace_; }
  serve::HistoryArchive& history() override { return history_; }

 private:
  serve::TraceArchive& trace_;
  serve::HistoryArchive& history_;
};

}  // namespace m1opt::app
