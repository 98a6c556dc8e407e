#include "app/run_history.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cerrno>

#include "base/file.h"
#include "base/log.h"

namespace m1opt::app {

namespace {

constexpr std::string_view kHead = "m1opt runs 1";
constexpr std::size_t kLimit = 16384;
constexpr Duration kRetry = std::chrono::seconds(5);

/// The next line, taken off the text; absent when there is none that ends.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::string_view> after(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  return line.substr(word.size());
}

Result<std::optional<RunHistory>> read_history(const std::string& path) {
  const auto text = read_file(path, kLimit);
  if (!text && text.error().os_errno == ENOENT) return std::optional(RunHistory{});
  if (!text) return text.error();
  auto history = history_from_text(*text);
  if (!history) return history.error();
  return std::optional(std::move(*history));
}

}  // namespace

std::string history_to_text(const RunHistory& history) {
  std::string text = fmt::format("{}\nboot {}\n", kHead, history.boot.value);
  for (const Instant& crash : history.crashes) {
    text += fmt::format("crash {}\n", crash.since_boot.count());
  }
  return text + (history.running ? "running\n" : "ended\n");
}

Result<RunHistory> history_from_text(std::string_view text) {
  const Error strange{Errc::parse, 0, "the list of earlier runs is damaged"};
  if (take_line(text) != kHead) return strange;
  RunHistory history;
  const auto boot = after(take_line(text).value_or(""), "boot ");
  if (!boot) return strange;
  history.boot.value = *boot;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return strange;
    if (*line == "running" || *line == "ended") {
      history.running = *line == "running";
      if (!text.empty()) return strange;
      return history;
    }
    const auto number = after(*line, "crash ");
    std::int64_t ns = 0;
    if (!number) return strange;
    const auto [end, error] = std::from_chars(number->data(), number->data() + number->size(), ns);
    if (error != std::errc{} || end != number->data() + number->size()) return strange;
    history.crashes.push_back(Instant{Duration(ns)});
  }
}

RunHistory begin_run(const std::optional<RunHistory>& before, const BootId& boot, Instant now,
                     const LimitsConfig& limits) {
  RunHistory history{boot, true, {}};
  const auto enough = static_cast<std::size_t>(limits.max_crashes);
  if (!before) {
    history.crashes.assign(enough, now);
    return history;
  }
  if (before->boot != boot) return history;
  for (const Instant& crash : before->crashes) {
    // One of the future is from another clock (a time namespace): its age is not known.
    if (crash > now || now - crash <= limits.crash_window) history.crashes.push_back(std::min(crash, now));
  }
  if (before->running) history.crashes.push_back(now);
  if (history.crashes.size() > enough) {
    history.crashes.erase(history.crashes.begin(),
                          history.crashes.end() - static_cast<std::ptrdiff_t>(enough));
  }
  return history;
}

decide::SafeState safe_state_of(const RunHistory& history, Instant now, const LimitsConfig& limits) {
  if (history.crashes.size() < static_cast<std::size_t>(limits.max_crashes)) return {};
  return {true, now + limits.crash_window,
          fmt::format("it ended {} times in a row without a clean stop, within {:.0f} s",
                      history.crashes.size(), seconds_of(limits.crash_window))};
}

Result<void> RunMark::write() { return write_file_atomic(path_, history_to_text(history_), 0600); }

decide::SafeState RunMark::begin(const BootId& boot, Instant now, const LimitsConfig& limits) {
  limits_ = limits;
  auto before = read_history(path_);
  if (!before) log_error("{}: {}", path_, before.error().what);
  unreadable_.reset();
  if (!before) unreadable_ = before.error().what;
  history_ = begin_run(before ? *before : std::nullopt, boot, now, limits);
  retry_.reset();
  if (auto written = write(); !written) {
    retry_ = now + kRetry;
    return {true, std::nullopt, "how its runs end cannot be kept: " + written.error().what};
  }
  return judge(now);
}

decide::SafeState RunMark::judge(Instant now) const {
  decide::SafeState safe = safe_state_of(history_, now, limits_);
  if (unreadable_) safe.why = "how its earlier runs ended cannot be read: " + *unreadable_;
  return safe;
}

std::optional<decide::SafeState> RunMark::try_again(Instant now) {
  if (!retry_ || now < *retry_) return std::nullopt;
  retry_ = now + kRetry;
  if (!write()) return std::nullopt;
  retry_.reset();
  return judge(now);
}

void RunMark::end() {
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return;
  log_warning("{}: it cannot be removed, so this end counts as unclean", path_);
}

}  // namespace m1opt::app
