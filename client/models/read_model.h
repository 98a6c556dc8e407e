#pragma once

#include <string>

#include "client/advise/gguf/split.h"
#include "client/models/file_source.h"

namespace m1opt::client::models {

/// The headers of a model's file, and of the other files that it is split into.
base::Result<advise::gguf::Model> read_model(const std::string& path, FileSource::Links links);

}  // namespace m1opt::client::models
