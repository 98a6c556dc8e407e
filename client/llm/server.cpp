#include "client/llm/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "client/connection.h"
#include "ollama/answers.h"
#include "ollama/models.h"

namespace m1opt::client::llm {
namespace {

constexpr Server::Timeout kShort{5000};
constexpr int kLlamaServerPort = 8080;

Failure unreadable(const base::Error& error) { return {exit_code::kFailure, error.what, ""}; }

std::int64_t seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// What is left of it, so that a request does not change when the model is unloaded.
std::optional<std::int64_t> keep_alive_of(const model::LoadedModel& loaded) {
  if (!loaded.expires_at) return std::nullopt;
  const auto expiry = ollama::parse_timestamp(*loaded.expires_at);
  if (!expiry) return std::nullopt;
  const std::int64_t now = seconds_since_1970();
  if (ollama::is_never(*expiry, {now, 0})) return -1;
  return std::max<std::int64_t>(expiry->seconds - now, 1);
}

/// "llama3.2" is "llama3.2:latest".
bool is_called(const std::string& full, const std::string& name) {
  return full == name || full == name + ":latest";
}

std::string names_of(const std::vector<ollama::LocalModel>& models) {
  std::string names;
  for (const auto& model : models) names += (names.empty() ? "" : ", ") + model.name;
  return names.empty() ? "none" : names;
}

Expected<Place> wrong_place(const std::string& text) {
  return Failure{exit_code::kUsage, fmt::format("\"{}\" is no place of a server", text),
                 "Like: 127.0.0.1:11434"};
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::ollama: return "Ollama";
    case Kind::llama_server: return "llama-server";
  }
  return "";
}

Expected<Place> place_of(std::string text) {
  const std::string given = text;
  Place place;
  if (text.starts_with("https://")) return wrong_place(given);
  if (text.starts_with("http://")) {
    text.erase(0, 7);
    place.port = 80;
  }
  text.erase(std::min(text.find('/'), text.size()));
  const bool bracket = text.starts_with('[');
  std::size_t host_end = bracket ? text.find(']') : text.rfind(':');
  // An IPv6 address without brackets has no port.
  if (!bracket && std::count(text.begin(), text.end(), ':') > 1) host_end = text.size();
  if (bracket && host_end == std::string::npos) return wrong_place(given);
  const std::string host = text.substr(bracket ? 1 : 0, host_end - (bracket ? 1 : 0));
  if (!host.empty()) place.host = host;
  if (place.host == "0.0.0.0") place.host = "127.0.0.1";
  if (place.host == "::") place.host = "::1";
  std::string port = host_end < text.size() ? text.substr(host_end + (bracket ? 1 : 0)) : "";
  if (port.empty()) return place;
  port.erase(0, 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), place.port);
  if (error != std::errc{} || end != port.data() + port.size()) return wrong_place(given);
  if (place.port < 1 || place.port > 65535) return wrong_place(given);
  return place;
}

std::string text_of(const Place& place) { return ollama::host_header(place.host, place.port); }

Expected<Server> Server::find(const std::string& at) {
  const char* variable = std::getenv("OLLAMA_HOST");
  auto place = place_of(!at.empty() ? at : variable != nullptr ? variable : "");
  if (!place) return place.error();
  Server server(Kind::ollama, *place, "");
  const auto version = server.ask(ollama::version_request(), kShort);
  if (version) {
    const auto parsed = ollama::parse_version(*version);
    if (parsed) {
      server.version_ = parsed->text;
      return server;
    }
  }
  if (at.empty()) place = Place{"127.0.0.1", kLlamaServerPort};
  Server other(Kind::llama_server, *place, "");
  const auto health = other.ask(ollama::health_request(), kShort);
  if (health && ollama::parse_health(*health)) return other;
  if (!health && health.error().text.find("oading") != std::string::npos) return health.error();
  if (!at.empty()) {
    return Failure{exit_code::kFailure,
                   version ? fmt::format("{} is neither Ollama nor llama-server", at)
                           : version.error().text,
                   ""};
  }
  return Failure{exit_code::kFailure,
                 fmt::format("no Ollama at {} and no llama-server at {}", text_of(server.place_),
                             text_of(*place)),
                 "Start one, or name its place: --at HOST:PORT"};
}

Expected<std::string> Server::ask(const ollama::Request& request, Timeout timeout) const {
  auto connection = Connection::open_loopback(place_.host, place_.port, timeout);
  if (!connection) return connection.error();
  auto response = connection->exchange({request.method, request.target, request.body});
  if (!response) return response.error();
  if (response->status == 200) return std::move(response->body);
  const std::string reason = ollama::parse_error_text(response->body);
  return Failure{exit_code::kFailure,
                 fmt::format("{}{} answered {}{}{}", text_of(place_), request.target, response->status,
                             reason.empty() ? "" : ": ", reason),
                 ""};
}

Expected<Model> Server::choose(const std::string& name) const {
  if (kind_ == Kind::ollama) return choose_of_ollama(name);
  const auto text = ask(ollama::props_request(), kShort);
  if (!text) return text.error();
  const auto properties = ollama::parse_props(*text);
  if (!properties) return unreadable(properties.error());
  if (!name.empty() && name != properties->model) {
    return Failure{exit_code::kUsage,
                   fmt::format("this llama-server has the model {}", properties->model), ""};
  }
  return Model{properties->model, properties->quantization};
}

Expected<Model> Server::choose_of_ollama(const std::string& name) const {
  const auto loaded_text = ask(ollama::ps_request(), kShort);
  if (!loaded_text) return loaded_text.error();
  const auto loaded = ollama::parse_ps(*loaded_text);
  if (!loaded) return unreadable(loaded.error());
  const auto local_text = ask(ollama::tags_request(), kShort);
  if (!local_text) return local_text.error();
  const auto local = ollama::parse_tags(*local_text);
  if (!local) return unreadable(local.error());
  std::string wanted = name;
  if (wanted.empty() && !loaded->empty()) wanted = loaded->front().name;
  if (wanted.empty() && local->size() == 1) wanted = local->front().name;
  const auto found = std::find_if(local->begin(), local->end(), [&](const auto& model) {
    return !wanted.empty() && is_called(model.name, wanted);
  });
  if (found == local->end()) {
    return Failure{exit_code::kUsage,
                   wanted.empty() ? "no model is loaded: say which"
                                  : fmt::format("Ollama has no model {}", wanted),
                   "There are: " + names_of(*local)};
  }
  Model model{found->name, found->quantization, found->size.value()};
  for (const auto& entry : *loaded) {
    if (entry.name != model.name) continue;
    model.context = entry.context_length;
    model.keep_alive_s = keep_alive_of(entry);
  }
  return model;
}

Expected<ollama::Generation> Server::generate(const Model& model, const std::string& text,
                                              int most_tokens, Timeout timeout) const {
  const ollama::Prompt prompt{text, most_tokens, model.context, model.keep_alive_s};
  const auto body = ask(kind_ == Kind::ollama ? ollama::generate_request(model.name, prompt)
                                              : ollama::completion_request(prompt),
                        timeout);
  if (!body) return body.error();
  const auto generation =
      kind_ == Kind::ollama ? ollama::parse_generation(*body) : ollama::parse_completion(*body);
  if (!generation) return unreadable(generation.error());
  if (generation->tokens == 0) {
    return Failure{exit_code::kFailure,
                   fmt::format("{} answers 200 with nothing in it: no token was generated",
                               name_of(kind_)),
                   fmt::format("Restart {}: its runner has lost the GPU, or the model is broken",
                               name_of(kind_))};
  }
  return *generation;
}

}  // namespace m1opt::client::llm
