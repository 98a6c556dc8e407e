#pragma once

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace m1opt::test {

/// What SQLite asked of the disk, in order.
struct DiskOp {
  enum class Kind { write, truncate, sync, remove };
  Kind kind{};
  std::string file;  ///< "", "-wal" or "-journal" behind the database's name
  std::int64_t offset{0};
  std::string data;
};

/// While it lives every database is opened through it: a shim over the system's own VFS that writes
/// down what reaches the disk and when it is synced.
class RecordingVfs {
 public:
  explicit RecordingVfs(std::string database) : database_(std::move(database)) {
    real_ = ::sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "m1opt-recording";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = &RecordingVfs::open;
    vfs_.xDelete = &RecordingVfs::remove;
    if (::sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK) throw std::runtime_error("vfs");
  }
  RecordingVfs(const RecordingVfs&) = delete;
  RecordingVfs& operator=(const RecordingVfs&) = delete;
  ~RecordingVfs() {
    ::sqlite3_vfs_unregister(&vfs_);
    ::sqlite3_vfs_register(real_, 1);
  }

  [[nodiscard]] const std::vector<DiskOp>& log() const { return log_; }
  [[nodiscard]] std::size_t now() const { return log_.size(); }
  /// After so many more writes the disk is full, until it is told otherwise.
  void fill_after(std::size_t writes) { room_ = writes; }
  void make_room() { room_.reset(); }

 private:
  struct File {
    sqlite3_file base;
    RecordingVfs* owner;
    char name[16];
    bool watched;
    sqlite3_file* real;
  };

  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return of(file)->real; }
  static const sqlite3_io_methods* does(sqlite3_file* file) { return real(file)->pMethods; }

  static bool full(sqlite3_file* file) {
    auto& room = of(file)->owner->room_;
    if (!of(file)->watched || !room) return false;
    if (*room == 0) return true;
    --*room;
    return false;
  }
  static void note(sqlite3_file* file, DiskOp::Kind kind, std::int64_t offset, std::string data = {}) {
    if (of(file)->watched) of(file)->owner->log_.push_back({kind, of(file)->name, offset, std::move(data)});
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* self = static_cast<RecordingVfs*>(vfs->pAppData);
    File* mine = of(file);
    mine->owner = self;
    mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
    const std::string_view path = name == nullptr ? "" : name;
    mine->watched = path.starts_with(self->database_);
    std::strncpy(mine->name, mine->watched ? path.data() + self->database_.size() : "", sizeof mine->name - 1);
    mine->name[sizeof mine->name - 1] = 0;
    const int code = self->real_->xOpen(self->real_, name, mine->real, flags, out);
    file->pMethods = mine->real->pMethods == nullptr ? nullptr : methods();
    return code;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* self = static_cast<RecordingVfs*>(vfs->pAppData);
    const std::string_view path = name;
    if (path.starts_with(self->database_)) {
      self->log_.push_back({DiskOp::Kind::remove, std::string(path.substr(self->database_.size())),
                            sync_directory, {}});
    }
    return self->real_->xDelete(self->real_, name, sync_directory);
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;  // no memory mapping: that would bypass the log
      m.xClose = [](sqlite3_file* f) { return does(f)->xClose(real(f)); };
      m.xRead = [](sqlite3_file* f, void* to, int n, sqlite_int64 at) { return does(f)->xRead(real(f), to, n, at); };
      m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite_int64 at) {
        if (full(f)) return SQLITE_FULL;
        note(f, DiskOp::Kind::write, at, {static_cast<const char*>(from), static_cast<std::size_t>(n)});
        return does(f)->xWrite(real(f), from, n, at);
      };
      m.xTruncate = [](sqlite3_file* f, sqlite_int64 size) {
        note(f, DiskOp::Kind::truncate, size);
        return does(f)->xTruncate(real(f), size);
      };
      m.xSync = [](sqlite3_file* f, int flags) {
        note(f, DiskOp::Kind::sync, 0);
        return does(f)->xSync(real(f), flags);
      };
      m.xFileSize = [](sqlite3_file* f, sqlite_int64* size) { return does(f)->xFileSize(real(f), size); };
      m.xLock = [](sqlite3_file* f, int level) { return does(f)->xLock(real(f), level); };
      m.xUnlock = [](sqlite3_file* f, int level) { return does(f)->xUnlock(real(f), level); };
      m.xCheckReservedLock = [](sqlite3_file* f, int* out) { return does(f)->xCheckReservedLock(real(f), out); };
      m.xFileControl = [](sqlite3_file* f, int op, void* arg) { return does(f)->xFileControl(real(f), op, arg); };
      m.xSectorSize = [](sqlite3_file* f) { return does(f)->xSectorSize(real(f)); };
      m.xDeviceCharacteristics = [](sqlite3_file* f) { return does(f)->xDeviceCharacteristics(real(f)); };
      m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return does(f)->xShmMap(real(f), page, size, extend, out);
      };
      m.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) { return does(f)->xShmLock(real(f), offset, n, flags); };
      m.xShmBarrier = [](sqlite3_file* f) { does(f)->xShmBarrier(real(f)); };
      m.xShmUnmap = [](sqlite3_file* f, int remove) { return does(f)->xShmUnmap(real(f), remove); };
      return m;
    }();
    return &table;
  }

  std::string database_;
  sqlite3_vfs* real_{nullptr};
  sqlite3_vfs vfs_{};
  std::vector<DiskOp> log_;
  std::optional<std::size_t> room_;
};

/// What a disk holds: the files that exist, by their name behind the database's.
using DiskImage = std::map<std::string, std::string>;

/// Does it to the image; `bytes`: only that many bytes of a write arrive.
inline void apply(DiskImage& disk, const DiskOp& op, std::size_t bytes = std::string::npos) {
  switch (op.kind) {
    case DiskOp::Kind::write: {
      std::string& content = disk[op.file];
      const std::string data = op.data.substr(0, bytes);
      const auto end = static_cast<std::size_t>(op.offset) + data.size();
      if (content.size() < end) content.resize(end);
      content.replace(static_cast<std::size_t>(op.offset), data.size(), data);
      break;
    }
    case DiskOp::Kind::truncate: disk[op.file].resize(static_cast<std::size_t>(op.offset)); break;
    case DiskOp::Kind::remove: disk.erase(op.file); break;
    case DiskOp::Kind::sync: break;
  }
}

/// A database's files where a sync costs nothing: some tests open one thousands of times.
class QuickPlace {
 public:
  QuickPlace() {
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "m1opt-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    directory_ = pattern;
  }
  QuickPlace(const QuickPlace&) = delete;
  QuickPlace& operator=(const QuickPlace&) = delete;
  ~QuickPlace() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  /// The path of a database with exactly these files.
  [[nodiscard]] std::string put(const DiskImage& image) const {
    clear();
    for (const auto& [name, content] : image) {
      const std::string file = path() + name;
      std::ofstream(file, std::ios::binary) << content;
      ::chmod(file.c_str(), 0600);
    }
    return path();
  }
  [[nodiscard]] std::string path() const { return (directory_ / "undo.db").string(); }

 private:
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::filesystem::remove(entry.path());
    }
  }
  std::filesystem::path directory_;
};

}  // namespace m1opt::test
