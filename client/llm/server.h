#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "client/failure.h"
#include "ollama/generation.h"
#include "ollama/requests.h"

/// A local Ollama or llama-server that is asked over HTTP.
namespace m1opt::client::llm {

enum class Kind { ollama, llama_server };
const char* name_of(Kind kind);

struct Place {
  std::string host{"127.0.0.1"};
  int port{11434};

  bool operator==(const Place&) const = default;
};
/// As OLLAMA_HOST has it: [http://]host[:port]. "" is Ollama's own place, a server for everybody
/// (0.0.0.0) is reached on loopback. https is not spoken.
Expected<Place> place_of(std::string text);
std::string text_of(const Place& place);

/// The model that requests are for.
struct Model {
  std::string name;
  std::string quantization{};  ///< "Q4_K_M"; empty when it is not told
  std::optional<std::int64_t> size_bytes{};
  /// What keeps the loaded model as it is (ollama::Prompt); absent when it is not loaded.
  std::optional<std::int64_t> context{};
  std::optional<std::int64_t> keep_alive_s{};
};

class Server {
 public:
  using Timeout = std::chrono::milliseconds;

  /// Looks who answers: at `at` if it is given, else where OLLAMA_HOST says (Ollama's port), then
  /// at llama-server's port 8080.
  static Expected<Server> find(const std::string& at);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const Place& place() const { return place_; }
  /// "0.32.15"; llama-server does not tell.
  [[nodiscard]] const std::string& version() const { return version_; }

  /// The body of the answer; another status than 200 is a failure with the server's own reason.
  [[nodiscard]] Expected<std::string> ask(const ollama::Request& request, Timeout timeout) const;

  /// The model of that name; without one the loaded model, else the only one there is.
  [[nodiscard]] Expected<Model> choose(const std::string& name) const;
  /// One answer; the failure of an answer with nothing in it says so.
  [[nodiscard]] Expected<ollama::Generation> generate(const Model& model, const std::string& text,
                                                      int most_tokens, Timeout timeout) const;

 private:
  Server(Kind kind, Place place, std::string version)
      : kind_(kind), place_(std::move(place)), version_(std::move(version)) {}
  [[nodiscard]] Expected<Model> choose_of_ollama(const std::string& name) const;

  Kind kind_;
  Place place_;
  std::string version_;
};

}  // namespace m1opt::client::llm
