#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "client/amount.h"
#include "client/api.h"
#include "client/commands/all.h"

namespace m1opt::client {
namespace {

constexpr std::chrono::seconds kPieceTime{15};
/// More than trace.max_bytes may be.
constexpr std::size_t kLargestPiece = 2U << 30U;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Where the trace goes: a file, or standard output.
class Output {
 public:
  static Expected<Output> open(const std::string& path) {
    Output output;
    output.path_ = path.empty() ? "standard output" : path;
    if (path.empty()) return output;
    output.file_.reset(std::fopen(path.c_str(), "w"));
    if (output.file_) return output;
    return Failure{exit_code::kFailure, fmt::format("{}: {}", path, std::strerror(errno)), ""};
  }

  Expected<void> write(std::string_view text) {
    std::FILE* to = file_ ? file_.get() : stdout;
    if (std::fwrite(text.data(), 1, text.size(), to) == text.size()) return {};
    return Failure{exit_code::kFailure, fmt::format("{}: {}", path_, std::strerror(errno)), ""};
  }
  Expected<void> close() {
    if (std::fflush(file_ ? file_.get() : stdout) == 0) return {};
    return Failure{exit_code::kFailure, fmt::format("{}: {}", path_, std::strerror(errno)), ""};
  }

 private:
  std::unique_ptr<std::FILE, Closer> file_;
  std::string path_;
};

Expected<void> download(Connection& connection, const std::string& target, Output& output) {
  const auto head = connection.start({"GET", target});
  if (!head) return head.error();
  if (head->status >= 300) return failure_of(*head);
  if (auto written = output.write(head->body); !written) return written;
  while (!connection.ended()) {
    const auto piece = connection.read_piece(kPieceTime);
    if (!piece) return piece.error();
    if (piece->empty() && !connection.ended()) {
      return Failure{exit_code::kTimedOut, "m1optd sent nothing more", "Try again"};
    }
    if (auto written = output.write(*piece); !written) return written;
  }
  return output.close();
}

/// The pieces in the state directory, oldest first.
std::vector<std::filesystem::path> pieces_in(const std::string& directory) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("trace-") && name.ends_with(".jsonl")) found.push_back(entry.path());
  }
  // Their numbers are not padded: trace-9 is older than trace-10.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const auto size = [](const auto& path) { return path.filename().string().size(); };
    return size(a) != size(b) ? size(a) < size(b) : a < b;
  });
  return found;
}

/// What the daemon left; half a line at the end of a piece is none.
Expected<void> copy(const std::vector<std::filesystem::path>& pieces,
                    std::chrono::system_clock::time_point since, Output& output) {
  for (const auto& path : pieces) {
    std::error_code ignored;
    const auto age = std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(path, ignored);
    if (std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::seconds>(age) < since) continue;
    auto text = base::read_file(path.string(), kLargestPiece);
    if (!text) return Failure{exit_code::kFailure, text.error().what, ""};
    if (auto written = output.write(std::string_view(*text).substr(0, text->rfind('\n') + 1)); !written) {
      return written;
    }
  }
  return output.close();
}

}  // namespace

int run_trace(Context& context, Arguments& arguments) {
  std::string path;
  std::string since_text;
  arguments.option("-o,--output", path, "FILE", "Write it there instead of to standard output")
      .option("--since", since_text, "8h", "Only the last 45s, 30m, 8h, 2d, and somewhat more");
  if (const auto status = arguments.parse(context)) return *status;
  std::chrono::system_clock::time_point since{};
  std::string target = "/v1/trace";
  if (!since_text.empty()) {
    const auto seconds = parse_duration(since_text);
    if (!seconds) return report(context, seconds.error());
    since = std::chrono::system_clock::now() -
            std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(*seconds));
    target += "?since=" + base::to_rfc3339(base::WallTime{since});
  }
  auto connection = connect(context);
  std::vector<std::filesystem::path> left;
  if (!connection && connection.error().exit_status == exit_code::kNotRunning) left = pieces_in(context.state_dir);
  if (!connection && left.empty()) return report(context, connection.error());
  auto output = Output::open(path);
  if (!output) return report(context, output.error());
  const auto done = connection ? download(*connection, target, *output) : copy(left, since, *output);
  return done ? exit_code::kOk : report(context, done.error());
}

}  // namespace m1opt::client
