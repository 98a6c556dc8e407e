#include "client/settings/drop_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "client/user_files.h"

namespace m1opt::client::settings {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHeader =
    "# Written by m1optctl ollama env --apply; m1optctl ollama env --remove deletes it.\n";
constexpr const char* kFile = "/m1opt.conf";

/// The variables of a text that drop_in_text wrote; absent: somebody else wrote it.
std::optional<std::vector<Variable>> variables_in(const std::string& text) {
  if (!text.starts_with(kHeader)) return std::nullopt;
  std::vector<Variable> variables;
  constexpr std::string_view kKey = "Environment=\"";
  std::size_t at = 0;
  while ((at = text.find(kKey, at)) != std::string::npos) {
    at += kKey.size();
    const std::string word = text.substr(at, text.find('"', at) - at);
    const auto equals = word.find('=');
    if (equals != std::string::npos) variables.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return variables;
}

class DropIn final : public Keeping {
 public:
  DropIn(DropInPlace place, RunTool run) : place_(std::move(place)), run_(std::move(run)) {}

  Expected<std::vector<Change>> apply(const std::vector<Variable>& variables, bool dry_run) override {
    const auto before = read();
    if (!before) return before.error();
    std::vector<Change> changes = differences(*before, variables);
    if (dry_run || changes.empty()) return changes;
    const auto written = write_user_file(path(), drop_in_text(variables));
    if (!written) return not_written(written.error());
    return reload(std::move(changes));
  }

  Expected<std::vector<Change>> remove(bool dry_run) override {
    const auto before = read();
    if (!before) return before.error();
    std::vector<Change> changes = differences(*before, {});
    if (dry_run || changes.empty()) return changes;
    std::error_code error;
    fs::remove(path(), error);
    if (error) {
      return not_written({error == std::errc::permission_denied ? exit_code::kNotPermitted : exit_code::kFailure,
                          fmt::format("{}: {}", path(), error.message()), ""});
    }
    fs::remove(place_.directory, error);  // only when nothing else is in it
    return reload(std::move(changes));
  }

  [[nodiscard]] std::string hint() const override {
    return fmt::format("Ollama sees it after: {}systemctl {}restart ollama", place_.of_user ? "" : "sudo ",
                       place_.of_user ? "--user " : "");
  }

 private:
  [[nodiscard]] std::string path() const { return place_.directory + kFile; }

  Expected<std::vector<Variable>> read() const {
    std::error_code error;
    if (!fs::exists(path(), error)) return std::vector<Variable>{};
    const auto text = base::read_file(path());
    if (!text) return Failure{exit_code::kFailure, text.error().what, ""};
    auto variables = variables_in(*text);
    if (variables) return std::move(*variables);
    return Failure{exit_code::kFailure, fmt::format("{} was not written by m1optctl", path()),
                   "Move it out of the way"};
  }

  static std::vector<Change> differences(const std::vector<Variable>& before,
                                         const std::vector<Variable>& after) {
    const auto value_in = [](const std::vector<Variable>& variables, const std::string& name) {
      const auto found = std::find_if(variables.begin(), variables.end(),
                                      [&](const Variable& variable) { return variable.name == name; });
      return found == variables.end() ? std::optional<std::string>{} : found->value;
    };
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

  static Failure not_written(Failure failure) {
    if (failure.exit_status == exit_code::kNotPermitted) failure.fix = "Run it again with sudo";
    return failure;
  }

  /// The file counts all the same; systemd reads it at the next boot at the latest.
  Expected<std::vector<Change>> reload(std::vector<Change> changes) {
    if (place_.of_user || !fs::is_directory("/run/systemd/system")) return changes;
    const ToolAnswer answer = run_({"/usr/bin/systemctl", "daemon-reload"});
    if (answer.status == 0) return changes;
    return Failure{exit_code::kFailure,
                   fmt::format("{} is written, but systemctl daemon-reload failed ({}) {}", path(), answer.status,
                               answer.output),
                   "sudo systemctl daemon-reload"};
  }

  DropInPlace place_;
  RunTool run_;
};

}  // namespace

Expected<DropInPlace> find_drop_in_place(const std::string& root, const std::string& home) {
  constexpr const char* kUnit = "/ollama.service";
  std::error_code ignored;
  const std::string own = home + "/.config/systemd/user";
  if (fs::exists(own + kUnit, ignored)) return DropInPlace{own + kUnit + ".d", true};
  for (const char* directory :
       {"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    if (fs::exists(root + directory + kUnit, ignored)) {
      return DropInPlace{root + "/etc/systemd/system" + kUnit + ".d", false};
    }
  }
  return Failure{exit_code::kFailure, "no unit ollama.service: systemd does not start Ollama here",
                 "Set the variables where you start it: m1optctl ollama env"};
}

std::string drop_in_text(const std::vector<Variable>& variables) {
  std::string text = std::string(kHeader) + "[Service]\n";
  for (const Variable& variable : variables) {
    text += fmt::format("Environment=\"{}={}\"\n", variable.name, variable.value);
  }
  return text;
}

std::unique_ptr<Keeping> make_drop_in(DropInPlace place, RunTool run) {
  return std::make_unique<DropIn>(std::move(place), std::move(run));
}

}  // namespace m1opt::client::settings
