// The power goes at every write and every sync; what was promised to be on the disk must be there.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "journal/undo_journal.h"
#include "support/catch.h"
#include "support/recording_vfs.h"
#include "support/temp_dir.h"
#include "support/undo_record.h"

using namespace m1opt::base;
using namespace m1opt::model;
using m1opt::journal::record_to_text;
using m1opt::journal::UndoJournal;
using m1opt::test::apply;
using m1opt::test::DiskImage;
using m1opt::test::DiskOp;
using m1opt::test::QuickPlace;
using m1opt::test::RecordingVfs;
using m1opt::test::TempDir;

namespace {

constexpr std::size_t kSector = 512;

UndoRecord thread_record(std::int32_t pid, std::size_t threads) {
  return m1opt::test::niced_record(ActionKind::background, pid, threads);
}

/// One state a record had, and which operations of the disk made it so.
struct Step {
  RecordId id{0};
  std::string state;  ///< text of the open record, or "closed"
  std::size_t begun{0};
  std::size_t done{0};
};

struct History {
  std::vector<DiskOp> log;
  std::vector<Step> steps;
  std::set<RecordId> lasting;
  std::size_t last_start{0};  ///< after this the ids of the run are fenced off
};

/// Open, update, close, checkpoint and tidy, lasting and not, small and of several pages.
class Script {
 public:
  Script() : vfs_(directory_ / "undo.db"), journal_(UndoJournal::open(directory_ / "undo.db").value()) {
    start();
    for (std::int32_t pid = 1; pid <= 4; ++pid) {
      const bool lasting = pid % 2 == 0;
      const auto id = add(thread_record(pid, pid == 3 ? 90 : 2), lasting);
      if (pid == 3) update(id, thread_record(pid, 120));
      if (pid == 2) close(id);
    }
    step([&] { REQUIRE(journal_.tidy()); return Step{}; });
    const auto after = add(thread_record(5, 1), true);
    add(thread_record(6, 1), false);
    close(after);
    close(history_.steps.front().id);
    for (std::int32_t pid = 7; pid <= 12; ++pid) {
      const auto id = add(thread_record(pid, 3), pid % 3 == 0);
      if (pid % 2 == 0) close(id);
    }
    history_.log = vfs_.log();
  }

  [[nodiscard]] const History& history() const { return history_; }

 private:
  template <class Body>
  void step(Body body) {
    const std::size_t begun = vfs_.now();
    Step made = body();
    made.begun = begun;
    made.done = vfs_.now();
    if (made.id != 0) history_.steps.push_back(std::move(made));
  }
  void start() {
    step([&] { REQUIRE(journal_.skip_ids()); return Step{}; });
    history_.last_start = vfs_.now();
  }
  RecordId add(UndoRecord record, bool lasting) {
    step([&] {
      record.id = journal_.add(record, lasting ? Durability::synced : Durability::written).value();
      if (lasting) history_.lasting.insert(record.id);
      return Step{record.id, record_to_text(record)};
    });
    return record.id;
  }
  void update(RecordId id, UndoRecord record) {
    record.id = id;
    step([&] { REQUIRE(journal_.update(record)); return Step{id, record_to_text(record)}; });
  }
  void close(RecordId id) {
    step([&] { REQUIRE(journal_.close(id, OutcomeCode::undone, "")); return Step{id, "closed"}; });
  }

  TempDir directory_;
  RecordingVfs vfs_;
  UndoJournal journal_;
  History history_;
};

/// Every state of the disk that a power cut may leave.
class Cuts {
 public:
  /// `ignore_syncs`: a disk, or a daemon, that does not sync.
  Cuts(const History& history, bool ignore_syncs) : history_(history), ignore_syncs_(ignore_syncs) {}

  /// Calls visit(cut after so many operations, image) for each, and for each image once a cut.
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t cut = 0; cut <= history_.log.size(); ++cut) {
      std::set<DiskImage> seen;
      const auto once = [&](DiskImage image) {
        if (seen.insert(image).second) visit(cut, image);
      };
      const auto pending = pending_at(cut);
      once(image_of(cut, pending, [](std::size_t) { return std::size_t{0}; }));
      const auto all = std::string::npos;
      once(image_of(cut, {}, [&](std::size_t) { return all; }));
      for (const std::size_t lost : pending) {
        once(image_of(cut, {lost}, [](std::size_t) { return std::size_t{0}; }));
      }
      if (pending.empty()) continue;
      // Torn: what came last is there in part.
      const std::size_t last = pending.back();
      for (std::size_t bytes = kSector; bytes < history_.log[last].data.size(); bytes += kSector) {
        once(image_of(cut, {last}, [&](std::size_t) { return bytes; }));
      }
      // Any prefix of what was not synced.
      for (std::size_t first = 1; first < pending.size(); ++first) {
        once(image_of(cut, {pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end()},
                      [](std::size_t) { return std::size_t{0}; }));
      }
    }
  }

 private:
  [[nodiscard]] std::vector<std::size_t> pending_at(std::size_t cut) const {
    std::vector<std::size_t> pending;
    for (std::size_t i = 0; i < cut; ++i) {
      const DiskOp& op = history_.log[i];
      if (op.kind == DiskOp::Kind::sync) {
        if (ignore_syncs_ && i >= history_.last_start) continue;
        std::erase_if(pending, [&](std::size_t other) { return history_.log[other].file == op.file; });
      } else if (op.kind != DiskOp::Kind::remove || op.offset == 0) {
        pending.push_back(i);
      } else {
        std::erase_if(pending, [&](std::size_t other) { return history_.log[other].file == op.file; });
      }
    }
    return pending;
  }

  /// All operations before the cut; of those in `partly` only so many bytes (0: nothing).
  template <class Bytes>
  [[nodiscard]] DiskImage image_of(std::size_t cut, const std::vector<std::size_t>& partly, Bytes bytes) const {
    DiskImage image;
    for (std::size_t i = 0; i < cut; ++i) {
      if (std::find(partly.begin(), partly.end(), i) == partly.end()) {
        apply(image, history_.log[i]);
      } else if (bytes(i) > 0) {
        apply(image, history_.log[i], bytes(i));
      }
    }
    return image;
  }

  const History& history_;
  bool ignore_syncs_;
};

/// Opens what the cut left; empty when all is as promised.
std::string broken_promise(const History& history, std::size_t cut, const DiskImage& image) {
  static const QuickPlace place;
  const std::string path = place.put(image);
  UndoJournal::Damage damage;
  auto journal = UndoJournal::open_or_set_aside(path, damage);
  if (!damage.kept_as.empty()) {
    std::filesystem::remove(damage.kept_as);
    return "set aside: " + damage.text;
  }
  if (!journal) return "does not open: " + journal.error().what;
  auto open = journal->open_records();
  if (!open) return open.error().what;
  std::map<RecordId, std::string> now;
  for (const UndoRecord& record : *open) now[record.id] = record_to_text(record);

  RecordId highest = 0;
  std::map<RecordId, std::set<std::string>> ever;
  std::map<RecordId, std::set<std::string>> allowed;  // of the lasting ones
  for (const Step& step : history.steps) {
    if (step.begun > cut) continue;
    ever[step.id].insert(step.state);
    if (step.done > cut) {
      allowed[step.id].insert(step.state);
      continue;
    }
    allowed[step.id] = {step.state};
    highest = std::max(highest, step.id);
  }
  for (const auto& [id, text] : now) {
    if (!ever[id].contains(text)) return "record " + std::to_string(id) + " was never like that";
  }
  for (const RecordId id : history.lasting) {
    if (!allowed.contains(id)) continue;
    const bool promised = std::any_of(history.steps.begin(), history.steps.end(), [&](const Step& step) {
      return step.id == id && step.done <= cut;
    });
    const auto closing = journal->closing(id).value();
    const std::string state = now.contains(id) ? now[id] : closing ? "closed" : "lost";
    if (state == "lost" ? promised : !allowed[id].contains(state)) {
      return "lasting record " + std::to_string(id) + " is " + state.substr(0, 40);
    }
  }
  if (!journal->skip_ids()) return "cannot start";
  auto next = journal->add(thread_record(99, 1));
  if (!next) return "cannot add: " + next.error().what;
  return *next > highest ? "" : "id " + std::to_string(*next) + " was handed out before";
}

}  // namespace

TEST_CASE("wherever the power goes, what is lasting is there, nothing is half there, no id comes back") {
  const Script script;
  std::size_t cuts = 0;
  std::size_t images = 0;
  std::size_t last = 0;
  Cuts(script.history(), false).each([&](std::size_t cut, const DiskImage& image) {
    cuts += cut != last || images == 0;
    last = cut;
    ++images;
    const std::string broken = broken_promise(script.history(), cut, image);
    INFO("after " << cut << " of " << script.history().log.size() << " disk operations");
    CHECK(broken == "");
  });
  std::cout << cuts << " power cuts, " << images << " states of the disk, "
            << script.history().steps.size() << " journal steps\n";
  CHECK(images > 1000);
}

TEST_CASE("without syncs the power cut is seen to break the promise") {
  const Script script;
  std::size_t broken = 0;
  Cuts(script.history(), true).each([&](std::size_t cut, const DiskImage& image) {
    if (broken == 0) broken += !broken_promise(script.history(), cut, image).empty();
  });
  CHECK(broken > 0);
}

TEST_CASE("a lasting record is synced after its last write, one that dies with the machine not at all") {
  const TempDir directory;
  const RecordingVfs vfs(directory / "undo.db");
  auto journal = UndoJournal::open(directory / "undo.db").value();
  REQUIRE(journal.skip_ids());
  const auto synced_since = [&](std::size_t begun) {
    const auto& log = vfs.log();
    REQUIRE(log.size() > begun);
    return std::count_if(log.begin() + static_cast<std::ptrdiff_t>(begun), log.end(),
                         [](const DiskOp& op) { return op.kind == DiskOp::Kind::sync; });
  };
  auto begun = vfs.now();
  auto id = journal.add(thread_record(1, 1)).value();
  CHECK(synced_since(begun) == 0);
  begun = vfs.now();
  REQUIRE(journal.close(id, OutcomeCode::undone, ""));
  CHECK(synced_since(begun) == 0);
  begun = vfs.now();
  id = journal.add(thread_record(2, 1), Durability::synced).value();
  CHECK(synced_since(begun) >= 1);
  CHECK(vfs.log().back().kind == DiskOp::Kind::sync);
  auto record = thread_record(2, 3);
  record.id = id;
  REQUIRE(journal.update(record));
  CHECK(vfs.log().back().kind == DiskOp::Kind::sync);
  REQUIRE(journal.close(id, OutcomeCode::undone, ""));
  CHECK(vfs.log().back().kind == DiskOp::Kind::sync);
}
