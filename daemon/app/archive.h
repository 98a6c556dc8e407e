#pragma once

#include "serve/archive.h"

namespace m1opt::app {

/// All that takes its time, for the API.
class Archive final : public serve::Archive {
 public:
  Archive(serve::TraceArchive& trace, serve::HistoryArchive& history, serve::SettingsArchive& settings)
      : trace_(trace), history_(history), settings_(settings) {}

  serve::TraceArchive& trace() override { return trace_; }
  serve::HistoryArchive& history() override { return history_; }
  serve::SettingsArchive& settings() override { return settings_; }

 private:
  serve::TraceArchive& trace_;
  serve::HistoryArchive& history_;
  serve::SettingsArchive& settings_;
};

}  // namespace m1opt::app
