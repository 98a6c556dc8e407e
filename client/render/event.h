#pragma once

#include <boost/json.hpp>
#include <string>

#include "client/render/format.h"
#include "client/render/style.h"

namespace m1opt::client::render {

/// One event: time, severity, sentence; wrapped under the sentence.
std::string render_event(const boost::json::value& event, const Style& style, TimePoint now);

}  // namespace m1opt::client::render
