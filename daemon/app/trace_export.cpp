#include "app/trace_export.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "serve/archive.h"

namespace m1opt::app {

namespace {

/// Goes through the pieces; one that the ring has removed in the meantime is passed over.
class Export {
 public:
  explicit Export(std::vector<TraceStore::Piece> pieces) : pieces_(std::move(pieces)) {}

  Result<std::string> next() {
    while (left_ == 0) {
      if (at_ == pieces_.size()) return std::string();
      if (auto opened = open(pieces_[at_++]); !opened) return opened.error();
    }
    std::string text(std::min<std::uint64_t>(left_, serve::kLargestPiece), '\0');
    const ssize_t got = ::read(file_.get(), text.data(), text.size());
    if (got <= 0) return error_from_errno("read the trace", got < 0 ? errno : EIO);
    text.resize(static_cast<std::size_t>(got));
    left_ -= static_cast<std::uint64_t>(got);
    return text;
  }

 private:
  Result<void> open(const TraceStore::Piece& piece) {
    file_ = Fd(::open(piece.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file_.valid() && errno == ENOENT) return {};
    if (!file_.valid()) return error_from_errno("open " + piece.path, errno);
    const auto size = TraceStore::whole_size(file_);
    if (!size) return size.error();
    left_ = *size;
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) return error_from_errno("lseek", errno);
    return {};
  }

  std::vector<TraceStore::Piece> pieces_;
  std::size_t at_{0};
  Fd file_;
  std::uint64_t left_{0};
};

}  // namespace

serve::TraceText TraceExport::read(WallTime since) {
  auto pieces = store_->pieces();
  // The time of a file is a whole second, the one that had begun.
  std::erase_if(pieces, [&](const TraceStore::Piece& piece) {
    return piece.written.point + std::chrono::seconds(1) <= since.point;
  });
  return [all = std::make_shared<Export>(std::move(pieces))] { return all->next(); };
}

}  // namespace m1opt::app
