#pragma once

#include "client/advise/gguf/cursor.h"
#include "client/advise/gguf/header.h"

namespace m1opt::client::advise::gguf {

/// The table of tensors, each following the one before it as llama.cpp requires.
base::Result<std::vector<Tensor>> read_tensors(Cursor& cursor, std::uint64_t count, std::uint64_t alignment);

}  // namespace m1opt::client::advise::gguf
