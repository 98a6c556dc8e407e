#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace m1opt::test {

/// Every byte of a file; empty when there is none.
inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace m1opt::test
