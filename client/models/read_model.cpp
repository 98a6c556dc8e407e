#include "client/models/read_model.h"

#include "client/advise/gguf/read.h"

namespace m1opt::client::models {
namespace {

using advise::gguf::Header;
using base::Result;

Result<Header> read_file(const std::string& path, FileSource::Links links) {
  auto source = FileSource::open(path, links);
  if (!source) return source.error();
  auto header = advise::gguf::read_header(**source);
  if (!header) return header.error().code == base::Errc::parse ? header.error().within(path) : header.error();
  return header;
}

}  // namespace

Result<advise::gguf::Model> read_model(const std::string& path, FileSource::Links links) {
  auto named = read_file(path, links);
  if (!named) return named.error();
  const auto names = advise::gguf::names_of_files(path, *named);
  if (!names) return names.error().within(path);
  std::vector<Header> headers;
  for (const std::string& name : *names) {
    if (name == path) {
      headers.push_back(std::move(*named));
      continue;
    }
    auto header = read_file(name, links);
    if (!header) return header.error();
    headers.push_back(std::move(*header));
  }
  auto model = advise::gguf::join(std::move(headers));
  return model ? model : model.error().within(path);
}

}  // namespace m1opt::client::models
