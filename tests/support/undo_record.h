#pragma once

#include "model/undo_record.h"

namespace m1opt::test {

/// Of a process with this many threads, each put from nice 0 to 19.
inline model::UndoRecord niced_record(model::ActionKind kind, std::int32_t pid, std::size_t threads) {
  using namespace model;
  UndoRecord record;
  record.boot = {"boot"};
  record.kind = kind;
  record.process = {pid, 7};
  record.target = "testd";
  for (std::size_t i = 0; i < threads; ++i) {
    record.changes.push_back({Attribute::nice,
                              {SubjectKind::thread, record.process, {static_cast<std::int32_t>(i), 7}, 0, {}}, 0, 19});
  }
  return record;
}

}  // namespace m1opt::test
