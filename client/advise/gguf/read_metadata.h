#pragma once

#include "client/advise/gguf/cursor.h"
#include "client/advise/gguf/header.h"

namespace m1opt::client::advise::gguf {

/// So many keys with their values.
base::Result<Metadata> read_metadata(Cursor& cursor, std::uint64_t keys);

/// A length and a text of at most `longest` bytes.
base::Result<std::string> read_short_text(Cursor& cursor, std::uint64_t longest, const std::string& what);

}  // namespace m1opt::client::advise::gguf
