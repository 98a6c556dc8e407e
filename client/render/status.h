#pragma once

#include <boost/json.hpp>
#include <string>

#include "client/render/format.h"
#include "client/render/style.h"

namespace m1opt::client::render {

/// The status document as a screen: headline, readings, workloads, what is
/// held (who, why, since, until), the daemon's own cost, health.
std::string render_status(const boost::json::value& status, const Style& style, TimePoint now);

/// "unknown (why)" for an absent reading; the reason comes from `problems`.
std::string unknown(const boost::json::value& status, std::string_view path);

/// Does this daemon change nothing by design (--dry-run, --sysroot)? Then it
/// needs no guardian.
bool only_looks(const boost::json::value& status);

/// Does anything in the health list have the severity error?
bool is_degraded(const boost::json::value& status);

}  // namespace m1opt::client::render
