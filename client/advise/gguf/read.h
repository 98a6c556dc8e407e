#pragma once

#include "client/advise/gguf/byte_source.h"
#include "client/advise/gguf/header.h"
#include "client/advise/gguf/limits.h"

namespace m1opt::client::advise::gguf {

/// Reads the header of a GGUF file of version 2 or 3: all of it or an error that says what is wrong
/// (`parse`) or could not be read. What llama.cpp would refuse is refused here too.
base::Result<Header> read_header(ByteSource& source, std::uint64_t budget = kHeaderBudget);

}  // namespace m1opt::client::advise::gguf
