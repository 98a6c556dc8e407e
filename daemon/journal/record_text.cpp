#include "journal/record_text.h"

#include <fmt/format.h>

#include <boost/describe.hpp>
#include <charconv>
#include <vector>

#include "journal/checksum.h"

namespace m1opt::journal {

namespace {

constexpr std::string_view kFirstLine = "m1opt-undo 2";
constexpr std::string_view kLastWord = "end\t";

std::string encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '\t' || c == '\n') {
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

bool decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return false;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc{} || end != text.data() + i + 3) return false;
    out += static_cast<char>(value);
    i += 2;
  }
  return true;
}

/// Takes fields off one line; `good` turns false at the first that does not fit.
class FieldReader {
 public:
  explicit FieldReader(std::string_view line) : rest_(line) {}

  bool word(std::string_view expected) { return check(next() == expected); }
  template <class Int>
  bool number(Int& out) {
    const auto field = next();
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
    return check(!field.empty() && error == std::errc{} && end == field.data() + field.size());
  }
  bool text(std::string& out) { return check(decode(next(), out)); }
  template <class Enum>
  bool name(Enum& out) {
    const auto field = std::string(next());
    return check(boost::describe::enum_from_string(field.c_str(), out));
  }
  bool process(ProcessId& out) { return number(out.pid) && number(out.start); }
  [[nodiscard]] bool finished() const { return good_ && done_; }

 private:
  std::string_view next() {
    if (done_) {
      good_ = false;
      return {};
    }
    const auto tab = rest_.find('\t');
    const auto field = rest_.substr(0, tab);
    if (tab == std::string_view::npos) {
      done_ = true;
    } else {
      rest_.remove_prefix(tab + 1);
    }
    return field;
  }
  bool check(bool ok) {
    good_ = good_ && ok;
    return good_;
  }

  std::string_view rest_;
  bool done_{false};
  bool good_{true};
};

/// A changed digit would name another process: the last line carries a sum of all before it.
std::string last_line(std::string_view before) {
  return fmt::format("{}{:016x}\n", kLastWord, checksum(before));
}

const char* name_of(auto value) { return boost::describe::enum_to_string(value, "?"); }

Error bad_line(int line) { return {Errc::parse, 0, fmt::format("undo record, line {}", line)}; }

bool read_head(std::string_view line, UndoRecord& record) {
  FieldReader in(line);
  std::int64_t opened = 0;
  std::int64_t deadline = 0;
  const bool good = in.word("record") && in.number(record.id) && in.text(record.boot.value) &&
                    in.name(record.kind) && in.process(record.process) && in.number(opened) &&
                    in.number(deadline) && in.number(record.opened_token) &&
                    in.number(record.session) && in.text(record.target) &&
                    in.text(record.executable) && in.text(record.reason);
  record.opened = {Duration(opened)};
  record.deadline = {Duration(deadline)};
  return good && in.finished();
}

bool read_part(std::string_view line, UndoRecord& record) {
  FieldReader in(line);
  if (line.starts_with("change\t")) {
    Change change;
    Subject& subject = change.subject;
    const bool good = in.word("change") && in.name(change.attribute) && in.name(subject.kind) &&
                      in.process(subject.process) && in.process(subject.thread) &&
                      in.number(subject.number) && in.text(subject.path) &&
                      in.number(change.before) && in.number(change.set);
    record.changes.push_back(std::move(change));
    return good && in.finished();
  }
  ProcessId child;
  const bool good = in.word("family") && in.process(child);
  record.family.push_back(child);
  return good && in.finished();
}

}  // namespace

std::string record_to_text(const UndoRecord& record) {
  std::string out = fmt::format(
      "{}\nrecord\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", kFirstLine, record.id,
      encode(record.boot.value), name_of(record.kind), record.process.pid, record.process.start,
      record.opened.since_boot.count(), record.deadline.since_boot.count(), record.opened_token,
      record.session, encode(record.target), encode(record.executable), encode(record.reason));
  for (const Change& change : record.changes) {
    const Subject& subject = change.subject;
    out += fmt::format("change\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
                       name_of(change.attribute), name_of(subject.kind), subject.process.pid,
                       subject.process.start, subject.thread.pid, subject.thread.start,
                       subject.number, encode(subject.path), change.before, change.set);
  }
  for (const ProcessId& child : record.family) {
    out += fmt::format("family\t{}\t{}\n", child.pid, child.start);
  }
  return out + last_line(out);
}

Result<UndoRecord> record_from_text(std::string_view text) {
  UndoRecord record;
  const std::string_view whole = text;
  for (int number = 1;; ++number) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) return bad_line(number);
    const auto line = text.substr(0, newline);
    const auto before = whole.substr(0, whole.size() - text.size());
    text.remove_prefix(newline + 1);
    if (number == 1) {
      if (line != kFirstLine) return bad_line(number);
    } else if (number == 2) {
      if (!read_head(line, record)) return bad_line(number);
    } else if (line.starts_with(kLastWord)) {
      if (!text.empty()) return bad_line(number + 1);
      if (whole.substr(before.size()) != last_line(before)) return bad_line(number);
      return record;
    } else if (!read_part(line, record)) {
      return bad_line(number);
    }
  }
}

}  // namespace m1opt::journal
