// undo.db as a whole file, whatever is in it.
#include <filesystem>
#include <fstream>

#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "journal/undo_journal.h"
#include "support/temp_dir.h"

namespace m1opt::fuzz {

namespace {

/// Whatever the file was: once it is open, a record goes in and comes out again.
void use(journal::UndoJournal& journal) {
  (void)journal.load_pause();
  std::vector<model::RecordId> unreadable;
  (void)journal.open_records(&unreadable);
  (void)journal.closing(1);
  model::UndoRecord record;
  record.boot = {"a boot"};
  record.process = {4711, 99};
  record.kind = model::ActionKind::suspend;
  record.target = "indexer";
  if (const auto id = journal.add(record)) {
    record.id = *id;
    (void)journal.update(record);
    (void)journal.close(*id, model::OutcomeCode::undone, "");
  }
  (void)journal.store_pause(journal::StoredPause{{"a boot"}, {}, 0});
  (void)journal.tidy();
}

}  // namespace

void undo_db(std::string_view input) {
  static const test::TempDir directory;
  namespace fs = std::filesystem;
  const std::string path = directory / "undo.db";
  for (const auto& entry : fs::directory_iterator(directory.path())) fs::remove_all(entry);
  std::ofstream(path, std::ios::binary) << input;
  journal::UndoJournal::Damage damage;
  auto journal = journal::UndoJournal::open_or_set_aside(path, damage);
  require(journal.has_value() || !journal.error().what.empty(), "a refusal says what is wrong");
  if (!damage.kept_as.empty()) {
    require(fs::exists(damage.kept_as), "a damaged file is kept");
    require(journal.has_value(), "a new one takes its place");
  }
  if (journal) use(*journal);
}

}  // namespace m1opt::fuzz
