#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/failure.h"

/// Makes variables last over a restart and takes them back exactly.
namespace m1opt::client::settings {

struct Variable {
  std::string name;
  std::string value;  ///< only letters, digits and -_.:/, so that it needs no quotes anywhere

  bool operator==(const Variable&) const = default;
};

/// What was or would be changed; absent: it is not there.
struct Change {
  std::string name;
  std::optional<std::string> before;
  std::optional<std::string> after;

  bool operator==(const Change&) const = default;
};

/// The exit status of a program of the system's and what it printed; the program by its whole path.
struct ToolAnswer {
  int status{0};
  std::string output;
};
using RunTool = std::function<ToolAnswer(const std::vector<std::string>& words)>;
/// Runs it; 127 when it cannot be run or does not end within 10 s.
ToolAnswer run_system_tool(const std::vector<std::string>& words);

/// A way in which a system starts Ollama.
class Keeping {
 public:
  virtual ~Keeping() = default;
  /// With `dry_run` only says what it would change.
  virtual Expected<std::vector<Change>> apply(const std::vector<Variable>& variables, bool dry_run) = 0;
  /// Back to what was there before; empty when nothing was applied. What somebody else changed since
  /// then is left as it is.
  virtual Expected<std::vector<Change>> remove(bool dry_run) = 0;
  /// What a running Ollama needs to see it, one sentence.
  [[nodiscard]] virtual std::string hint() const = 0;
};

}  // namespace m1opt::client::settings
