#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/quantity.h"
#include "base/result.h"
#include "base/units.h"

/// What a server tells of the models it could load.
namespace m1opt::ollama {

using namespace m1opt::base;

/// A row of GET /api/tags. Models that run elsewhere (remote_host) are left out.
struct LocalModel {
  std::string name;
  Bytes size;
  std::string quantization;  ///< "Q4_K_M"; empty when it is not told

  bool operator==(const LocalModel&) const = default;
};
Result<std::vector<LocalModel>> parse_tags(std::string_view text);

/// POST /api/show. What differs from layer to layer is absent: its lists come as null, or are not read.
struct ShownModel {
  std::string architecture;  ///< "llama"; empty when it is not told
  std::string quantization;
  std::optional<std::int64_t> parameter_count;
  std::optional<std::int64_t> context_length;  ///< that it was trained for
  std::optional<std::int64_t> block_count;
  std::optional<std::int64_t> embedding_length;
  std::optional<std::int64_t> head_count;
  std::optional<std::int64_t> head_count_kv;
  std::optional<std::int64_t> key_length;
  std::optional<std::int64_t> value_length;
  /// Of its Modelfile, in the order they stand there: {"num_ctx", "4096"}.
  std::vector<std::pair<std::string, std::string>> parameters;

  bool operator==(const ShownModel&) const = default;
};
Result<ShownModel> parse_show(std::string_view text);
/// An answer that was parsed before.
Result<ShownModel> parse_show(const boost::json::object& root);

/// GET /props of llama-server.
struct ServerProperties {
  std::string model;                    ///< its alias, else the name of its file
  std::string quantization;             ///< "Q4_K - Medium"; newer servers only
  std::optional<std::int64_t> context;  ///< of a slot
  std::optional<std::int64_t> slots;

  bool operator==(const ServerProperties&) const = default;
};
Result<ServerProperties> parse_props(std::string_view text);

}  // namespace m1opt::ollama
