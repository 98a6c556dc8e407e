#include "client/models/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "client/models/file_source.h"
#include "ollama/json.h"

namespace m1opt::client::models {
namespace {

using base::Errc;
using base::Error;
using base::Result;
namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 4U << 20U;
constexpr std::size_t kLargestParams = 64U << 10U;
constexpr std::size_t kMostModels = 10'000;
constexpr const char* kOfService = "/usr/share/ollama/.ollama/models";

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<std::string> read_small(const std::string& path, std::size_t limit) {
  auto source = FileSource::open(path, FileSource::Links::refused);
  if (!source) return source.error();
  if ((*source)->size() > limit) return Error{Errc::io, 0, fmt::format("{}: larger than {} bytes", path, limit)};
  std::string text(static_cast<std::size_t>((*source)->size()), '\0');
  if (auto read = (*source)->read(0, text); !read) return read.error();
  return text;
}

/// The parts of manifests/HOST/NAMESPACE/MODEL/TAG; nothing where they are no name.
std::optional<advise::ModelName> name_of(const fs::path& below) {
  std::vector<std::string> parts;
  for (const auto& part : below) parts.push_back(part.string());
  if (parts.size() != 4 || !std::all_of(parts.begin(), parts.end(), advise::is_name_part)) return std::nullopt;
  return advise::ModelName{parts[0], parts[1], parts[2], parts[3]};
}

void take(const fs::path& path, const fs::path& below, StoreList& list) {
  const auto name = name_of(below);
  if (!name) return;  // .DS_Store and the like
  const auto text = read_small(path.string(), kLargestManifest);
  if (!text) {
    list.problems.push_back({name->text(), text.error().what});
    return;
  }
  auto manifest = parse_manifest(*text);
  if (!manifest) {
    list.problems.push_back({name->text(), manifest.error().what});
    return;
  }
  list.models.push_back({*name, std::move(*manifest)});
}

}  // namespace

std::optional<Store> find_store() {
  std::vector<std::string> places;
  if (const char* own = std::getenv("OLLAMA_MODELS"); own != nullptr && *own != '\0') {
    places.emplace_back(own);
  } else {
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
      places.push_back(std::string(home) + "/.ollama/models");
    }
    places.emplace_back(kOfService);
  }
  for (const std::string& place : places) {
    if (is_directory(place + "/manifests")) return Store{place};
  }
  return std::nullopt;
}

StoreList list_models(const Store& store) {
  StoreList list;
  const fs::path root = store.directory + "/manifests";
  std::error_code failed;
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied, failed);
  if (failed) list.problems.push_back({root.string(), failed.message()});
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (list.models.size() >= kMostModels) break;
    if (entry.depth() < 3) continue;
    entry.disable_recursion_pending();
    std::error_code ignored;
    if (fs::is_regular_file(entry->symlink_status(ignored))) take(entry->path(), entry->path().lexically_relative(root), list);
  }
  std::sort(list.models.begin(), list.models.end(), [](const StoredModel& a, const StoredModel& b) { return a.name.text() < b.name.text(); });
  return list;
}

Result<std::string> find_blob(const Store& store, const Layer& layer) {
  std::string path = store.directory + "/blobs/sha256-" + layer.hex;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const bool begun = ::stat((path + "-partial").c_str(), &status) == 0;
    return Error{Errc::gone, 0, begun ? "its download is not finished" : "a part of it is missing: pull it again"};
  }
  if (static_cast<std::uint64_t>(status.st_size) != layer.bytes) {
    return Error{Errc::changed, 0, fmt::format("a part of it has {} bytes of {}: pull it again", status.st_size, layer.bytes)};
  }
  return path;
}

std::optional<std::uint64_t> own_context(const Store& store, const Manifest& manifest) {
  const Layer* params = manifest.find(LayerKind::params);
  if (params == nullptr) return std::nullopt;
  const auto path = find_blob(store, *params);
  if (!path) return std::nullopt;
  const auto text = read_small(*path, kLargestParams);
  if (!text) return std::nullopt;
  const auto object = ollama::parse_object(*text);
  if (!object) return std::nullopt;
  const auto context = ollama::read_integer(*object, "num_ctx", "params");
  if (!context || !context->has_value() || **context <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(**context);
}

}  // namespace m1opt::client::models
