#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "client/doctor.h"
#include "client/render/style.h"

namespace m1opt::client::render {

/// A heading for each group, a line for each finding, and its fix below it.
std::string findings_text(const Style& style, const std::vector<Finding>& findings);

/// As documents carry them: id, group, result, finding, evidence, fix (null: nothing to mend).
boost::json::array findings_json(const std::vector<Finding>& findings);

}  // namespace m1opt::client::render
