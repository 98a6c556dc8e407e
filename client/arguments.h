#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/context.h"

namespace m1opt::client {

struct Command;

/// The words behind a verb. A verb declares what it takes, then calls parse();
/// `--socket`, `--state-dir`, `--color` and `--help`, and `--dry-run` where the
/// table says that the verb changes something, are there for all.
class Arguments {
 public:
  Arguments(const Command& command, std::vector<std::string> words);
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments();

  Arguments& flag(const std::string& name, bool& value, const std::string& help);
  Arguments& option(const std::string& name, std::string& value, const std::string& placeholder,
                    const std::string& help);
  /// Optional: stays empty when it is not there.
  Arguments& positional(const std::string& name, std::string& value, const std::string& help);
  /// As many as there are, options between them too.
  Arguments& positionals(const std::string& name, std::vector<std::string>& values, const std::string& help);
  /// Everything from the first word that is no option of ours, untouched.
  Arguments& command_line(std::vector<std::string>& value, const std::string& help);

  /// Nothing: go on. Otherwise help was asked for or the words are wrong; both
  /// have been said, and this is the exit status.
  std::optional<int> parse(Context& context);

  [[nodiscard]] const Command& command() const { return command_; }

 private:
  struct Parser;
  struct Row {
    std::string left;
    std::string help;
  };

  int wrong(const Context& context, const std::string& why) const;
  [[nodiscard]] std::string help_text(const Context& context) const;
  std::optional<int> take_command_line(const Context& context);
  std::optional<int> apply_common(Context& context);

  const Command& command_;
  std::vector<std::string> words_;
  std::vector<Row> rows_;
  std::unique_ptr<Parser> parser_;
  std::vector<std::string>* command_line_{nullptr};
  std::string socket_;
  std::string state_dir_;
  std::string color_;
  bool dry_run_{false};
  bool help_{false};
};

}  // namespace m1opt::client
