#pragma once

#include <boost/json.hpp>

#include "client/api.h"
#include "client/tune/row.h"

namespace m1opt::client::tune {

/// The settings of the machine, which the daemon changes.
class DaemonPart {
 public:
  /// Failure: it does not run, or does not answer.
  static Expected<DaemonPart> open(const Context& context);

  Row plan(const os::Setting& setting) const;
  Row apply(const os::Setting& setting) const;
  /// Of all that it has changed, or those of `names`.
  std::vector<Row> undo(const std::vector<std::string>& names, bool dry_run) const;
  std::vector<Row> verify(const std::vector<std::string>& names) const;
  /// Names of what it has changed, or will while a model works.
  [[nodiscard]] std::vector<std::string> changed() const;
  /// Its records as the API has them.
  [[nodiscard]] Expected<boost::json::array> records() const;
  /// Why it cannot tell what it has changed, nor undo it. With one, undo, verify and changed know nothing.
  [[nodiscard]] std::optional<Failure> fault() const;
  [[nodiscard]] bool lists(const std::string& name) const { return find_row(name) != nullptr; }

 private:
  DaemonPart(const Context& context, Document list) : context_(context), list_(std::move(list)) {}
  Row change(const os::Setting& setting, const char* verb, bool dry_run) const;
  [[nodiscard]] const boost::json::value* find_row(const std::string& name) const;

  const Context& context_;
  Document list_;
};

}  // namespace m1opt::client::tune
