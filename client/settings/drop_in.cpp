#include "client/settings/drop_in.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "client/settings/drop_in_file.h"
#include "client/user_files.h"
#include "platform/posix/trust.h"

namespace m1opt::client::settings {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "/m1opt.conf";
constexpr const char* kUnit = "/ollama.service";
constexpr const char* kSystemctl = "/usr/bin/systemctl";

std::optional<std::string> value_in(const std::vector<Variable>& variables, const std::string& name) {
  const auto found = std::find_if(variables.rbegin(), variables.rend(),
                                  [&](const Variable& variable) { return variable.name == name; });
  return found == variables.rend() ? std::optional<std::string>{} : found->value;
}

std::vector<Change> differences(const std::vector<Variable>& before, const std::vector<Variable>& after) {
  std::vector<Change> changes;
  for (const auto* list : {&before, &after}) {
    for (const Variable& variable : *list) {
      Change change{variable.name, value_in(before, variable.name), value_in(after, variable.name)};
      const bool known = std::find(changes.begin(), changes.end(), change) != changes.end();
      if (change.before != change.after && !known) changes.push_back(std::move(change));
    }
  }
  return changes;
}

/// With what others set of these variables: in systemd the last one counts.
std::vector<Variable> values_before(const DropInText& text, const std::vector<Variable>& variables) {
  std::vector<Variable> before = text.ours;
  for (Variable& other : variables_in(text.rest)) {
    if (value_in(variables, other.name)) before.push_back(std::move(other));
  }
  return before;
}

class DropIn {
 public:
  DropIn(DropInPlace place, RunTool run) : place_(std::move(place)), run_(std::move(run)) {}

  [[nodiscard]] std::string path() const { return place_.directory + kFile; }

  Expected<std::vector<Change>> apply(const std::vector<Variable>& variables, bool dry_run) {
    if (const auto ours = check_place(); !ours) return ours.error();
    const auto text = read();
    if (!text) return text.error();
    const std::string rest = *text ? (*text)->rest : "";
    std::vector<Change> changes = differences(*text ? values_before(**text, variables) : std::vector<Variable>{}, variables);
    if (dry_run || changes.empty()) return changes;
    const auto written = write_user_file(path(), drop_in_text(variables, rest));
    if (!written) return not_written(written.error());
    return reload(std::move(changes));
  }

  Expected<std::vector<Change>> remove(bool dry_run) {
    if (const auto ours = check_place(); !ours) return ours.error();
    const auto text = read();
    if (!text) return text.error();
    if (!*text) return std::vector<Change>{};
    std::vector<Change> changes = differences((*text)->ours, {});
    if (changes.empty()) changes.push_back({path(), "nothing of ours in it", std::nullopt});
    if (dry_run) return changes;
    const auto gone = (*text)->rest.empty() ? delete_file() : write_user_file(path(), text_without_ours((*text)->rest));
    if (!gone) return not_written(gone.error());
    others_stay_ = !(*text)->rest.empty();
    return reload(std::move(changes));
  }

  [[nodiscard]] std::string hint() const {
    const std::string systemctl = place_.of_user ? "systemctl --user " : "sudo systemctl ";
    return fmt::format("Ollama sees it after: {}{}restart ollama{}",
                       place_.of_user && !reloaded_ ? systemctl + "daemon-reload && " : "", systemctl,
                       others_stay_ ? fmt::format("\n{} stays: what is in it was not written by m1optctl", path()) : "");
  }

 private:
  /// Under sudo -E the home is a user's, who could not change any more what root makes there, and could
  /// lead root elsewhere.
  Expected<void> check_place() const {
    if (place_.of_user) {
      const auto distrust = platform::posix::find_distrust(place_.directory);
      if (!distrust) return Failure{exit_code::kFailure, distrust.error().what, ""};
      if (*distrust) {
        return Failure{exit_code::kNotPermitted,
                       fmt::format("{} {}: nothing was changed in {}", (*distrust)->path, (*distrust)->what, place_.directory),
                       ::geteuid() == 0 ? "Run it as that user, without sudo" : ""};
      }
    }
    const auto own = base::check_own_file(path());
    return own ? Expected<void>{} : Failure{exit_code::kNotPermitted, own.error().what, ""};
  }

  /// Absent: there is no file.
  Expected<std::optional<DropInText>> read() const {
    std::error_code error;
    if (!fs::exists(path(), error)) return std::optional<DropInText>{};
    const auto text = base::read_file(path());
    if (!text) return Failure{exit_code::kFailure, text.error().what, ""};
    auto parsed = parse_drop_in(*text);
    if (parsed) return parsed;
    return Failure{exit_code::kFailure, fmt::format("{} was not written by m1optctl", path()),
                   "Move it out of the way"};
  }

  Expected<void> delete_file() const {
    std::error_code error;
    fs::remove(path(), error);
    if (error) {
      return Failure{error == std::errc::permission_denied ? exit_code::kNotPermitted : exit_code::kFailure,
                     fmt::format("{}: {}", path(), error.message()), ""};
    }
    fs::remove(place_.directory, error);  // only when nothing else is in it
    return {};
  }

  static Failure not_written(Failure failure) {
    if (failure.exit_status == exit_code::kNotPermitted) failure.fix = "Run it again with sudo";
    return failure;
  }

  /// The file counts all the same; systemd reads it at the next boot at the latest.
  Expected<std::vector<Change>> reload(std::vector<Change> changes) {
    if (!fs::is_directory(place_.root + "/run/systemd/system")) return changes;
    std::vector<std::string> words{kSystemctl, "daemon-reload"};
    if (place_.of_user) words.insert(words.begin() + 1, "--user");
    const ToolAnswer answer = run_(words);
    reloaded_ = answer.status == 0;
    if (reloaded_ || place_.of_user) return changes;  // without a session of the user's there is nobody to be told
    return Failure{exit_code::kFailure,
                   fmt::format("{} is changed, but systemctl daemon-reload failed ({}) {}", path(), answer.status,
                               answer.output),
                   "sudo systemctl daemon-reload"};
  }

  DropInPlace place_;
  RunTool run_;
  bool reloaded_{false};
  bool others_stay_{false};
};

class DropIns final : public Keeping {
 public:
  DropIns(const std::vector<DropInPlace>& places, const RunTool& run) {
    for (const DropInPlace& place : places) drop_ins_.emplace_back(place, run);
  }

  Expected<std::vector<Change>> apply(const std::vector<Variable>& variables, bool dry_run) override {
    if (drop_ins_.empty()) return std::vector<Change>{};
    auto applied = drop_ins_.front().apply(variables, dry_run);
    hints_ = {drop_ins_.front().hint()};
    return applied;
  }

  /// What cannot be taken back in one place is no reason to leave it in another.
  Expected<std::vector<Change>> remove(bool dry_run) override {
    std::vector<Change> changes;
    std::optional<Failure> failure;
    std::string done;
    for (DropIn& each : drop_ins_) {
      auto removed = each.remove(dry_run);
      if (!removed) {
        if (!failure) failure = removed.error();
        continue;
      }
      changes.insert(changes.end(), removed->begin(), removed->end());
      if (!removed->empty()) {
        done += fmt::format("{}{}", done.empty() ? "" : ", ", each.path());
        hints_.push_back(each.hint());
      }
    }
    if (!failure) return changes;
    if (!done.empty() && !dry_run) failure->text += fmt::format("; {} was taken back", done);
    return *failure;
  }

  [[nodiscard]] std::string hint() const override { return fmt::format("{}", fmt::join(hints_, "\n")); }

 private:
  std::vector<DropIn> drop_ins_;
  std::vector<std::string> hints_;
};

std::string user_directory(const std::string& home) { return home + "/.config/systemd/user"; }

DropInPlace system_place(const std::string& root) {
  return {root + "/etc/systemd/system" + kUnit + ".d", false, root};
}

}  // namespace

Expected<DropInPlace> find_drop_in_place(const std::string& root, const std::string& home) {
  std::error_code ignored;
  const std::string own = user_directory(home) + kUnit;
  if (fs::exists(own, ignored)) return DropInPlace{own + ".d", true, root};
  for (const char* directory :
       {"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    if (fs::exists(root + directory + kUnit, ignored)) return system_place(root);
  }
  return Failure{exit_code::kFailure, "no unit ollama.service: systemd does not start Ollama here",
                 "Set the variables where you start it: m1optctl ollama env"};
}

std::vector<DropInPlace> find_drop_ins(const std::string& root, const std::string& home) {
  std::vector<DropInPlace> found;
  for (const DropInPlace& place : {DropInPlace{user_directory(home) + kUnit + ".d", true, root}, system_place(root)}) {
    std::error_code ignored;
    if (!fs::is_regular_file(fs::symlink_status(place.directory + kFile, ignored))) continue;
    const auto text = base::read_file(place.directory + kFile);
    if (text && parse_drop_in(*text)) found.push_back(place);
  }
  return found;
}

std::unique_ptr<Keeping> make_drop_ins(const std::vector<DropInPlace>& places, const RunTool& run) {
  return std::make_unique<DropIns>(places, run);
}

}  // namespace m1opt::client::settings
