#include "client/settings/launch_agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "base/file.h"
#include "client/json_view.h"
#include "client/launchctl.h"
#include "client/user_files.h"
#include "wire/text.h"

namespace m1opt::client::settings {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLabel = "com.level33.m1opt.ollama-env";
constexpr const char* kSchema = "m1opt.ollama_env_record/1";

/// A variable that was set, and what the session had before.
struct Entry {
  Variable set;
  std::optional<std::string> before;
};

class LaunchAgent final : public Keeping {
 public:
  LaunchAgent(LaunchAgentPlace place, RunTool run) : place_(std::move(place)), run_(std::move(run)) {}

  Expected<std::vector<Change>> apply(const std::vector<Variable>& variables, bool dry_run) override {
    const auto record = read_record();
    if (!record) return record.error();
    std::vector<Change> changes = take_back_all_but(*record, variables);
    std::vector<Entry> entries;
    for (const Variable& variable : variables) {
      const auto now = value_now(variable.name);
      const auto known = find_entry(*record, variable.name);
      entries.push_back({variable, known ? known->before : now});
      if (now != variable.value) changes.push_back({variable.name, now, variable.value});
    }
    const bool written = same_file(launch_agent_text(variables));
    if (!written) changes.push_back({launch_agent_path(place_), file_word(), "a job that sets them at login"});
    if (dry_run || changes.empty()) return changes;
    // First of all: what is written down can be taken back.
    if (const auto kept = write_record(entries); !kept) return kept.error();
    if (!written) {
      if (const auto job = load_job(variables); !job) return job.error();
    }
    return set_all(std::move(changes));
  }

  Expected<std::vector<Change>> remove(bool dry_run) override {
    const auto record = read_record();
    if (!record) return record.error();
    std::vector<Change> changes = take_back_all_but(*record, {});
    std::error_code error;
    const bool job = fs::exists(launch_agent_path(place_), error);
    if (job) changes.push_back({launch_agent_path(place_), file_word(), std::nullopt});
    if (dry_run) return changes;
    if (job) {
      // Before the file goes; a job that is not loaded is none to be ended.
      (void)run_({kLaunchctl, "bootout", fmt::format("gui/{}/{}", place_.uid, kLabel)});
      fs::remove(launch_agent_path(place_), error);
      if (error) return Failure{exit_code::kFailure, fmt::format("{}: {}", launch_agent_path(place_), error.message()), ""};
    }
    auto done = set_all(std::move(changes));
    if (done) fs::remove(record_path(), error);
    return done;
  }

  [[nodiscard]] std::string hint() const override {
    return "Ollama sees it after it was started again: quit the app in the menu bar and open it, or: "
           "brew services restart ollama (what a job's own plist sets wins over it). Where it starts by "
           "itself at login it may be first, and is to be started again";
  }

 private:
  [[nodiscard]] std::string record_path() const { return place_.data_directory + "/ollama-env.json"; }

  [[nodiscard]] std::optional<std::string> file_word() const {
    std::error_code ignored;
    if (!fs::exists(launch_agent_path(place_), ignored)) return std::nullopt;
    return "a job that sets them at login";
  }

  [[nodiscard]] bool same_file(const std::string& text) const {
    const auto now = base::read_file(launch_agent_path(place_));
    return now && *now == text;
  }

  [[nodiscard]] static std::optional<Entry> find_entry(const std::vector<Entry>& record, const std::string& name) {
    for (const Entry& entry : record) {
      if (entry.set.name == name) return entry;
    }
    return std::nullopt;
  }

  /// Of this session; absent when it is not set.
  [[nodiscard]] std::optional<std::string> value_now(const std::string& name) const {
    ToolAnswer answer = run_({kLaunchctl, "getenv", name});
    while (answer.output.ends_with('\n')) answer.output.pop_back();
    if (answer.status != 0 || answer.output.empty()) return std::nullopt;
    return answer.output;
  }

  /// Back to what was there, unless somebody else has set another value since.
  [[nodiscard]] std::vector<Change> take_back_all_but(const std::vector<Entry>& record,
                                                      const std::vector<Variable>& kept) const {
    std::vector<Change> changes;
    for (const Entry& entry : record) {
      const bool stays = std::any_of(kept.begin(), kept.end(),
                                     [&](const Variable& variable) { return variable.name == entry.set.name; });
      const auto now = value_now(entry.set.name);
      if (!stays && now == entry.set.value && now != entry.before) {
        changes.push_back({entry.set.name, now, entry.before});
      }
    }
    return changes;
  }

  Expected<std::vector<Change>> set_all(std::vector<Change> changes) {
    for (const Change& change : changes) {
      if (change.name.starts_with('/')) continue;
      const ToolAnswer answer = change.after ? run_({kLaunchctl, "setenv", change.name, *change.after})
                                             : run_({kLaunchctl, "unsetenv", change.name});
      if (answer.status != 0 || value_now(change.name) != change.after) {
        return Failure{exit_code::kFailure,
                       fmt::format("launchctl did not set {} ({}) {}", change.name, answer.status, answer.output),
                       "Run it in the session of the user who runs Ollama, without sudo"};
      }
    }
    return changes;
  }

  Expected<void> load_job(const std::vector<Variable>& variables) {
    const std::string path = launch_agent_path(place_);
    (void)run_({kLaunchctl, "bootout", fmt::format("gui/{}/{}", place_.uid, kLabel)});
    if (const auto written = write_user_file(path, launch_agent_text(variables)); !written) return written.error();
    const ToolAnswer answer = run_({kLaunchctl, "bootstrap", fmt::format("gui/{}", place_.uid), path});
    if (answer.status == 0) return {};
    return Failure{exit_code::kFailure,
                   fmt::format("launchctl did not load {} ({}) {}", path, answer.status, answer.output),
                   "m1optctl ollama env --remove"};
  }

  Expected<std::vector<Entry>> read_record() const {
    std::vector<Entry> record;
    std::error_code ignored;
    if (!fs::exists(record_path(), ignored)) return record;
    const auto text = base::read_file(record_path());
    if (!text) return Failure{exit_code::kFailure, text.error().what, ""};
    const auto document = wire::parse_json(*text);
    if (!document || text_at(*document, "schema") != kSchema) {
      return Failure{exit_code::kFailure, fmt::format("{} cannot be read", record_path()),
                     "Move it away: what was set before is then not known"};
    }
    for (const auto& item : list_at(*document, "variables")) {
      Entry entry{{text_at(item, "name"), text_at(item, "value")}, std::nullopt};
      if (find(item, "before") != nullptr) entry.before = text_at(item, "before");
      record.push_back(std::move(entry));
    }
    return record;
  }

  Expected<void> write_record(const std::vector<Entry>& entries) const {
    boost::json::array list;
    for (const Entry& entry : entries) {
      list.push_back({{"name", entry.set.name},
                      {"value", entry.set.value},
                      {"before", entry.before ? boost::json::value(*entry.before) : boost::json::value(nullptr)}});
    }
    return write_user_file(record_path(),
                           wire::to_text(boost::json::object{{"schema", kSchema}, {"variables", list}}) + "\n");
  }

  LaunchAgentPlace place_;
  RunTool run_;
};

}  // namespace

std::string launch_agent_path(const LaunchAgentPlace& place) {
  return fmt::format("{}/Library/LaunchAgents/{}.plist", place.home, kLabel);
}

std::string launch_agent_text(const std::vector<Variable>& variables) {
  std::string command;
  for (const Variable& variable : variables) {
    command += fmt::format("{}{} setenv {} {}", command.empty() ? "" : "; ", kLaunchctl, variable.name, variable.value);
  }
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <!-- Written by m1optctl ollama env, which also takes it back. -->
  <key>Label</key>
  <string>{}</string>
  <key>ProgramArguments</key>
  <array>
    <string>/bin/sh</string>
    <string>-c</string>
    <string>{}</string>
  </array>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
)",
      kLabel, command);
}

std::unique_ptr<Keeping> make_launch_agent(LaunchAgentPlace place, RunTool run) {
  return std::make_unique<LaunchAgent>(std::move(place), std::move(run));
}

}  // namespace m1opt::client::settings
