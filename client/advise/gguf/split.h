#pragma once

#include <string>
#include <vector>

#include "client/advise/gguf/header.h"
#include "base/result.h"

namespace m1opt::client::advise::gguf {

/// One model, whether it lies in one file or in many.
struct Model {
  Metadata metadata;
  std::vector<Tensor> tensors;
  std::uint64_t file_bytes{0};
  std::uint64_t header_bytes{0};  ///< of all files; what is no weight
  std::size_t files{1};
};

/// The names of all files of a model whose first header is given, in order: just `name` where it is
/// in one file. A name must end in -00001-of-00003.gguf as llama.cpp requires; any of them may be
/// the one that was named.
base::Result<std::vector<std::string>> names_of_files(const std::string& name, const Header& header);

/// Puts the files together, in the order of names_of_files().
base::Result<Model> join(std::vector<Header> headers);

}  // namespace m1opt::client::advise::gguf
