#pragma once

#include <optional>

#include "client/tune/daemon_part.h"
#include "client/tune/own_part.h"

namespace m1opt::client::tune {

/// The user's settings and the machine's as one. Whoever cannot be asked is told once, and no row of
/// the other part suffers from it.
class BothParts {
 public:
  BothParts(const Context& context, Wish wish, OwnPart::Use use);

  /// How each stands and what it would become. Of another system only what is wanted.
  std::vector<Row> plan(const std::vector<os::Setting>& settings);
  /// Rows that are asked of the daemon, which takes them from root alone, are left out where the user
  /// is not root and has not named them; tell_missing() says how to have them.
  std::vector<Row> without_foreign(std::vector<Row> rows);
  /// Those that would be changed are; the others stay as plan() has them.
  std::vector<Row> apply(std::vector<Row> rows);
  std::vector<Row> undo(bool dry_run);
  std::vector<Row> verify();
  /// Of both, the last first.
  boost::json::array records();
  /// Names of what is changed now.
  std::vector<std::string> changed();

  /// On standard error: who could not be asked, and what is left for root.
  void tell_missing() const;
  /// Not 0 when a part was needed that could not be asked.
  [[nodiscard]] int exit_status() const;

 private:
  OwnPart* own();
  DaemonPart* daemon();
  Row plan_one(const os::Setting& setting);
  Row told(const os::Setting& setting);
  [[nodiscard]] bool is_named(const std::string& name) const;

  const Context& context_;
  Wish wish_;
  OwnPart::Use use_;
  std::optional<Expected<OwnPart>> own_;
  std::optional<Expected<DaemonPart>> daemon_;
  std::vector<std::string> for_root_;
};

}  // namespace m1opt::client::tune
