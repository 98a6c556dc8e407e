#pragma once

#include "serve/archive.h"

namespace m1opt::app {

/// All that is kept on a disk, for the API.
class Archive final : public serve::Archive {
 public:
  explicit Archive(serve::HistoryArchive& history) : history_(history) {}

  serve::HistoryArchive& history() override { return history_; }

 private:
  serve::HistoryArchive& history_;
};

}  // namespace m1opt::app
