#pragma once

#include <string>

#include "base/text.h"
#include "model/process.h"
#include "model/sample.h"

/// How quantities and processes read in sentences.
namespace m1opt::decide {

using namespace m1opt::base;
using namespace m1opt::model;

/// "photoanalysisd (pid 611)"
std::string process_text(const std::string& name, ProcessId id);
std::string percent_text(double percent);
/// "1.5 GB", "820 MB": thousands, as disks and the config count.
std::string bytes_text(double bytes);

}  // namespace m1opt::decide
