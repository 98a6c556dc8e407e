#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/context.h"
#include "client/tune/row.h"

namespace m1opt::client::tune {

/// "not set -> false"; with types where only they differ.
std::string change_text(const os::Reading& before, const os::Reading& after);

/// Every setting there is, a line each; `changed` are the names of those that m1opt has changed.
std::string list_text(const Context& context, os::System system, const std::vector<std::string>& changed);
/// Old and new value of each, with what it does, costs and gains, group by group.
std::string plan_text(const Context& context, const std::vector<Row>& rows);
/// Old and new value of each, a line each, and what it costs: what is asked about before it is done.
std::string intent_text(const Context& context, const std::vector<Row>& rows);
/// What was asked for and what was observed, a line each.
std::string applied_text(const Context& context, const std::vector<Row>& rows);
std::string undone_text(const Context& context, const std::vector<Row>& rows, bool dry_run);
std::string verified_text(const Context& context, const std::vector<Row>& rows);
/// Records as the API has them, the last first.
std::string history_text(const Context& context, const boost::json::array& records);

}  // namespace m1opt::client::tune
