#include "settings/journal.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "settings/record_text.h"

namespace m1opt::settings {

namespace {

constexpr std::size_t kMostBytes = 4U << 20U;
constexpr std::size_t kClosedKept = 200;
constexpr unsigned kMode = 0600;

Result<void> make_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return error_from_errno("make " + directory, error.value());
  return {};
}

/// Kept beside it: it may still say to a person what was changed.
Error set_aside(const std::string& path, const std::string& why) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::string aside;
  for (int n = 1; aside.empty() || fs::exists(aside, error); ++n) aside = path + ".damaged-" + std::to_string(n);
  fs::rename(path, aside, error);
  const std::string where = error ? path + " is damaged (" + why + ") and cannot be moved away: " + error.message()
                                  : path + " is damaged (" + why + "); it is kept as " + aside;
  return {Errc::parse, 0, where + ". What it says was changed, nobody undoes any more. Mend: look into it, "
                                  "then do this again, which begins a new one"};
}

Result<std::vector<Record>> load(const std::string& path, SettingsJournal::Use use) {
  if (auto ours = check_own_file(path); !ours) return ours.error();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::vector<Record>{};
  auto text = read_file(path, kMostBytes);
  if (!text) return text.error();
  auto records = records_from_text(*text);
  if (records) return records;
  if (records.error().code == Errc::unsupported) {
    return Error{Errc::unsupported, 0,
                 path + ": " + records.error().what + ". Mend: use that one, it knows how to undo it"};
  }
  if (use == SettingsJournal::Use::write) return set_aside(path, records.error().what);
  return records.error().within(path);
}

}  // namespace

SettingsJournal::SettingsJournal(std::string path, Fd lock, std::vector<Record> records)
    : path_(std::move(path)), lock_(std::move(lock)), records_(std::move(records)) {}

Result<SettingsJournal> SettingsJournal::open(const std::string& directory, Use use) {
  Fd held;
  if (use == Use::write) {
    if (auto made = make_directory(directory); !made) return made.error();
    auto lock = lock_file(directory + "/settings.lock");
    if (!lock && lock.error().code == Errc::busy) {
      return Error{Errc::busy, 0, "another m1opt changes settings right now. Mend: wait until it is done"};
    }
    if (!lock) return lock.error();
    held = std::move(*lock);
  }
  const std::string path = directory + "/settings.json";
  auto records = load(path, use);
  if (!records) return records.error();
  return SettingsJournal(path, std::move(held), std::move(*records));
}

std::vector<Record> SettingsJournal::open_records() const {
  std::vector<Record> open;
  std::copy_if(records_.rbegin(), records_.rend(), std::back_inserter(open),
               [](const Record& record) { return record.open; });
  return open;
}

Result<std::uint64_t> SettingsJournal::add(Record record) {
  record.id = records_.empty() ? 1 : records_.back().id + 1;
  const std::uint64_t id = record.id;
  std::vector<Record> records = records_;
  records.push_back(std::move(record));
  if (auto saved = save(std::move(records)); !saved) return saved.error();
  return id;
}

Result<void> SettingsJournal::update(const Record& record) {
  std::vector<Record> records = records_;
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& each) { return each.id == record.id; });
  if (found == records.end()) return Error{Errc::gone, 0, "no record " + std::to_string(record.id)};
  *found = record;
  return save(std::move(records));
}

Result<void> SettingsJournal::save(std::vector<Record> records) {
  if (!lock_.valid()) return Error{Errc::not_permitted, 0, path_ + " was opened for reading only"};
  auto closed = std::count_if(records.begin(), records.end(), [](const Record& each) { return !each.open; });
  std::erase_if(records, [&closed](const Record& each) {
    return !each.open && closed-- > static_cast<std::ptrdiff_t>(kClosedKept);
  });
  const std::string text = to_text(records);
  // What could not be read again could not be undone: a value that is no UTF-8, or far too long.
  const auto again = records_from_text(text);
  if (text.size() > kMostBytes || !again || *again != records) {
    return Error{Errc::unsupported, 0, "the value that is there now cannot be written down exactly, so it is left"};
  }
  if (auto written = write_file_atomic(path_, text, kMode); !written) return written;
  records_ = std::move(records);
  return {};
}

}  // namespace m1opt::settings
