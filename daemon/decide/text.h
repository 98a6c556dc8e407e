#pragma once

#include <string>

#include "model/process.h"
#include "model/sample.h"

/// How numbers and processes read in sentences.
namespace m1opt::decide {

using namespace m1opt::base;
using namespace m1opt::model;

/// At most one decimal, none from 10 on: "0.4", "62".
std::string number_text(double value);
/// "0.4 s", "23 s", "29 min", "3 h".
std::string duration_text(Duration d);
/// "photoanalysisd (pid 611)"
std::string process_text(const std::string& name, ProcessId id);
std::string percent_text(double percent);
/// "1.5 GB", "820 MB": thousands, as disks and the config count.
std::string bytes_text(double bytes);

}  // namespace m1opt::decide
