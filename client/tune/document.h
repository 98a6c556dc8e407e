#pragma once

#include <boost/json.hpp>

#include "client/tune/row.h"

namespace m1opt::client::tune {

/// Each row of the table with what is wanted and how it stands.
boost::json::object to_json(const Row& row);
/// As the API has it.
boost::json::object to_json(const os::Record& record);
/// {schema, version, `list`: rows}
boost::json::object document(const char* schema, const std::vector<Row>& rows);

}  // namespace m1opt::client::tune
