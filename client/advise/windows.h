#pragma once

#include <string_view>
#include <vector>

#include "client/advise/gguf/header.h"

namespace m1opt::client::advise {

/// Which layers see only the last tokens, and how many those are.
struct Windows {
  std::uint64_t size{0};       ///< 0: none is windowed
  std::vector<bool> windowed;  ///< for each layer
  bool ignored{false};         ///< the file names a window that llama.cpp does not use
};

Windows windows_of(std::string_view architecture, const gguf::Metadata& metadata, std::size_t layers);

}  // namespace m1opt::client::advise
