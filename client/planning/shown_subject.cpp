#include "client/planning/shown_subject.h"

#include <boost/json.hpp>
#include <charconv>
#include <chrono>

#include "client/advise/gguf/limits.h"
#include "client/llm/server.h"
#include "ollama/json.h"
#include "ollama/models.h"

namespace m1opt::client::planning {
namespace {

namespace gguf = advise::gguf;
using base::Errc;
using base::Error;
using base::Result;

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kMostTensors = 1U << 16U;

/// A list as the header of the file would have it.
gguf::Array array_of(const boost::json::array& list) {
  gguf::Array array{gguf::ValueType::i64, list.size(), {}};
  if (list.size() > gguf::kKeptMembers) return array;
  for (const auto& member : list) {
    if (const auto* truth = member.if_bool()) {
      array.members.push_back(*truth ? 1 : 0);
    } else if (const auto* whole = member.if_int64()) {
      array.members.push_back(*whole);
    } else {
      return {gguf::ValueType::text, list.size(), {}};
    }
  }
  return array;
}

Result<gguf::Metadata> metadata_of(const boost::json::object& info) {
  gguf::Metadata metadata;
  const auto* named = info.if_contains("general.architecture");
  const std::string prefix = named != nullptr && named->is_string() ? std::string(named->get_string()) + "." : "";
  for (const auto& [key, value] : info) {
    if (value.is_null()) {
      // Of the tokenizer's lists only the length would matter, and the tensors tell that.
      if (!prefix.empty() && key.starts_with(prefix)) return Error{Errc::unsupported, 0, std::string(key) + " is a list and was left out"};
    } else if (const auto* list = value.if_array()) {
      metadata.emplace(key, array_of(*list));
    } else if (const auto* truth = value.if_bool()) {
      metadata.emplace(key, *truth);
    } else if (const auto* text = value.if_string()) {
      metadata.emplace(key, std::string(*text));
    } else if (const auto* fraction = value.if_double()) {
      metadata.emplace(key, *fraction);
    } else if (const auto* whole = value.if_int64()) {
      metadata.emplace(key, *whole);
    } else if (const auto* large = value.if_uint64()) {
      metadata.emplace(key, *large);
    }
  }
  return metadata;
}

Result<gguf::Tensor> tensor_of(const boost::json::value& value, const std::string& where) {
  const auto* row = value.if_object();
  if (row == nullptr) return Error{Errc::parse, 0, where + ": not an object"};
  const auto name = ollama::read_string(*row, "name", where);
  const auto type = ollama::read_string(*row, "type", where);
  const auto* shape = row->if_contains("shape");
  if (!name || !type || !*name || !*type || shape == nullptr || !shape->is_array()) {
    return Error{Errc::parse, 0, where + ": name, type or shape is missing"};
  }
  gguf::Tensor tensor;
  tensor.name = **name;
  tensor.type = gguf::find_tensor_type(std::string_view(**type));
  if (tensor.type == nullptr) return Error{Errc::unsupported, 0, where + ": type " + **type + " is not known"};
  const auto& dims = shape->get_array();
  if (dims.empty() || dims.size() > tensor.dims.size()) return Error{Errc::parse, 0, where + ": absurd shape"};
  tensor.elements = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    constexpr std::int64_t kLongest = std::int64_t{1} << 40U;
    const auto* dim = dims[i].if_int64();
    if (dim == nullptr || *dim < 1 || *dim > kLongest) return Error{Errc::parse, 0, where + ": absurd shape"};
    tensor.dims[i] = static_cast<std::uint64_t>(*dim);
    if (tensor.elements > static_cast<std::uint64_t>(kLongest) / tensor.dims[i]) return Error{Errc::parse, 0, where + ": absurd shape"};
    tensor.elements *= tensor.dims[i];
  }
  const auto bytes = gguf::packed_bytes(*tensor.type, tensor.elements);
  if (!bytes) return Error{Errc::parse, 0, where + ": its rows do not fill blocks of " + tensor.type->name};
  tensor.bytes = *bytes;
  return tensor;
}

Result<std::vector<gguf::Tensor>> tensors_of(const boost::json::object& root) {
  const auto* list = root.if_contains("tensors");
  if (list == nullptr || !list->is_array()) return Error{Errc::unsupported, 0, "$.tensors: missing; Ollama before 0.6 does not tell"};
  if (list->get_array().size() > kMostTensors) return Error{Errc::parse, 0, "$.tensors: too long"};
  std::vector<gguf::Tensor> tensors;
  for (const auto& value : list->get_array()) {
    auto tensor = tensor_of(value, "$.tensors[" + std::to_string(tensors.size()) + "]");
    if (!tensor) return tensor.error();
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

std::optional<std::uint64_t> own_context(const ollama::ShownModel& shown) {
  for (const auto& [name, value] : shown.parameters) {
    std::uint64_t context = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), context);
    if (name == "num_ctx" && error == std::errc{} && end == value.data() + value.size()) return context;
  }
  return std::nullopt;
}

}  // namespace

Result<Subject> subject_of_show(const std::string& name, std::string_view answer) {
  const auto root = ollama::parse_object(answer, ollama::kLargestAnswer);
  if (!root) return root.error();
  const auto shown = ollama::parse_show(*root);
  if (!shown) return shown.error();
  const auto metadata = metadata_of(root->at("model_info").get_object());
  if (!metadata) return metadata.error();
  auto tensors = tensors_of(*root);
  if (!tensors) return tensors.error();
  auto shape = advise::shape_of(*metadata);
  if (!shape) return shape.error();
  for (const auto& tensor : *tensors) {
    if (shape->vocabulary == 0 && tensor.name == "token_embd.weight") shape->vocabulary = tensor.dims[1];
  }
  const auto* projector = root->if_contains("projector_info");
  if (projector != nullptr && projector->is_object() && !projector->get_object().empty()) {
    shape->doubts.emplace_back("Ollama does not tell how large its projector is: that comes on top");
  }
  Subject subject;
  subject.name = name;
  subject.source = Subject::Source::server;
  subject.quantisation = shown->quantization;
  subject.weights = weights_of(*tensors, *shape);
  subject.shape = std::move(*shape);
  subject.own_context = own_context(*shown);
  return subject;
}

Expected<std::optional<Subject>> ask_for_subject(const std::string& word) {
  const auto server = llm::Server::find("");
  if (!server || server->kind() != llm::Kind::ollama) return std::optional<Subject>{};
  for (const bool lists : {false, true}) {
    const auto answer = server->ask(ollama::show_request(word, lists), kPatience);
    if (!answer) return std::optional<Subject>{};
    auto subject = subject_of_show(word, *answer);
    if (subject) return std::optional(*std::move(subject));
    if (lists || subject.error().code != Errc::unsupported) {
      return Failure{exit_code::kFailure, word + ": what Ollama tells of it: " + subject.error().what, ""};
    }
  }
  return std::optional<Subject>{};
}

}  // namespace m1opt::client::planning
