#include "app/trace_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/file.h"

namespace m1opt::app {

namespace {

constexpr std::string_view kStem = "trace-";
constexpr std::string_view kEnding = ".jsonl";
/// However small they are: a daemon that is started again and again begins one each time.
constexpr std::size_t kMostPieces = 100;
constexpr std::size_t kMostWaiting = 1024 * 1024;

std::optional<std::uint64_t> number_of(std::string_view name) {
  if (!name.starts_with(kStem) || !name.ends_with(kEnding)) return std::nullopt;
  name.remove_prefix(kStem.size());
  name.remove_suffix(kEnding.size());
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (code != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

void TraceStore::put(std::string_view lines, bool begins, Bytes most) {
  const std::lock_guard lock(mutex_);
  if (waiting_ + lines.size() > kMostWaiting) {
    blocks_.clear();
    waiting_ = 0;
    failure_ = "the slow thread has written nothing for a long time";
    return;
  }
  waiting_ += lines.size();
  if (begins || blocks_.empty()) {
    blocks_.push_back({std::string(lines), begins, most});
  } else {
    blocks_.back().lines += lines;
  }
}

std::optional<std::string> TraceStore::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, std::nullopt);
}

void TraceStore::write() {
  for (;;) {
    Block block;
    {
      const std::lock_guard lock(mutex_);
      if (blocks_.empty()) return;
      block = std::move(blocks_.front());
      blocks_.pop_front();
      waiting_ -= block.lines.size();
    }
    const auto done = write_block(block);
    if (done) continue;
    file_.reset();
    const std::lock_guard lock(mutex_);
    failure_ = done.error().what;
    blocks_.clear();
    waiting_ = 0;
    return;
  }
}

Result<void> TraceStore::write_block(const Block& block) {
  if (block.begins) {
    if (auto opened = open_next(block.most); !opened) return opened;
  }
  if (!file_.valid()) return {};  // the rest of a piece that failed
  auto done = write_all(file_.get(), block.lines, path_);
  if (done) ++written_;
  return done;
}

Result<void> TraceStore::open_next(Bytes most) {
  file_.reset();
  std::vector<Piece> kept = list();
  const std::uint64_t number = kept.empty() ? 1 : kept.back().number + 1;
  std::int64_t sum = 0;
  for (const Piece& piece : kept) sum += static_cast<std::int64_t>(piece.size);
  // Room for a piece that grows to its share, too.
  const std::int64_t room = most.value() - most.value() / kPiecesInRing;
  std::size_t count = kept.size();
  for (const Piece& piece : kept) {
    if (sum <= room && count < kMostPieces) break;
    if (::unlink(piece.path.c_str()) != 0 && errno != ENOENT) return error_from_errno("remove " + piece.path, errno);
    sum -= static_cast<std::int64_t>(piece.size);
    --count;
  }
  path_ = fmt::format("{}/{}{}{}", directory_, kStem, number, kEnding);
  file_ = Fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.valid()) return error_from_errno("create " + path_, errno);
  return {};
}

std::vector<TraceStore::Piece> TraceStore::list() const {
  std::vector<Piece> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    const auto number = number_of(entry.path().filename().string());
    struct stat status{};
    if (!number || ::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    found.push_back({*number, entry.path().string(), static_cast<std::uint64_t>(status.st_size), 
                     WallTime{std::chrono::system_clock::from_time_t(status.st_mtime)}});
  }
  std::sort(found.begin(), found.end(), [](const Piece& a, const Piece& b) { return a.number < b.number; });
  return found;
}

std::vector<TraceStore::Piece> TraceStore::pieces() {
  write();
  return list();
}

Result<std::uint64_t> TraceStore::whole_size(const Fd& file) {
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  if (end < 0) return error_from_errno("lseek", errno);
  std::array<char, 4096> block{};
  for (off_t at = end; at > 0;) {
    const off_t from = std::max<off_t>(0, at - static_cast<off_t>(block.size()));
    const ssize_t got = ::pread(file.get(), block.data(), static_cast<std::size_t>(at - from), from);
    if (got < at - from) return error_from_errno("read", got < 0 ? errno : EIO);
    const std::string_view text(block.data(), static_cast<std::size_t>(got));
    if (const auto last = text.rfind('\n'); last != std::string_view::npos) {
      return static_cast<std::uint64_t>(from) + last + 1;
    }
    at = from;
  }
  return std::uint64_t{0};
}

}  // namespace m1opt::app
