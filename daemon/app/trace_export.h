#pragma once

#include <memory>

#include "app/trace_store.h"
#include "serve/trace_archive.h"

namespace m1opt::app {

/// The trace for the API, as far as it has come.
class TraceExport final : public serve::TraceArchive {
 public:
  explicit TraceExport(std::shared_ptr<TraceStore> store) : store_(std::move(store)) {}

  serve::TraceText read(WallTime since) override;

 private:
  std::shared_ptr<TraceStore> store_;
};

}  // namespace m1opt::app
