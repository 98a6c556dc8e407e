#pragma once

#include <optional>

#include "client/tune/daemon_part.h"
#include "client/tune/own_part.h"

namespace m1opt::client::tune {

/// The user's settings and the machine's as one. Whoever cannot be asked is told once, and no row of
/// the other part suffers from it. By sudo the user's are left out where they are not named.
class BothParts {
 public:
  BothParts(const Context& context, Wish wish, OwnPart::Use use);

  /// For undo(), verify() and records(): the first name that no row has and no record, of another
  /// version perhaps.
  std::optional<Failure> find_unknown();
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

  /// On standard error: who could not be asked, and what is left for root or for the user.
  void tell_missing() const;
  /// Not 0 when a part was needed that could not be asked.
  [[nodiscard]] int exit_status() const;
  /// Of no rows: may it be said that there is nothing?
  [[nodiscard]] bool knows_all() const { return exit_status() == exit_code::kOk; }

 private:
  OwnPart* own();
  DaemonPart* daemon();
  /// Who knows what was changed; null where nobody has to be asked, or cannot. `words` is how the
  /// user has his own done without sudo.
  OwnPart* own_records(const char* words);
  DaemonPart* daemon_records();
  [[nodiscard]] bool is_recorded(const std::string& name);
  [[nodiscard]] bool own_has(const std::string& name) const;
  [[nodiscard]] bool needs_daemon() const;
  [[nodiscard]] bool names_own() const;
  Row plan_one(const os::Setting& setting);
  Row told(const os::Setting& setting);
  [[nodiscard]] bool is_named(const std::string& name) const;

  const Context& context_;
  Wish wish_;
  OwnPart::Use use_;
  std::optional<Expected<OwnPart>> own_;
  std::optional<Expected<DaemonPart>> daemon_;
  std::optional<Failure> daemon_fault_;  ///< it answers, and cannot tell what it has changed
  std::string for_user_;
  std::vector<std::string> for_root_;
};

}  // namespace m1opt::client::tune
