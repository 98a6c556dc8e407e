#include "ollama/requests.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace m1opt::ollama {

namespace {

Request get(std::string_view target) { return {"GET", std::string(target), {}}; }

}  // namespace

Request version_request() { return get("/api/version"); }
Request ps_request() { return get("/api/ps"); }
Request tags_request() { return get("/api/tags"); }
Request props_request() { return get("/props"); }
Request slots_request() { return get("/slots"); }
Request health_request() { return get("/health"); }

Request show_request(std::string_view model, bool lists) {
  boost::json::object body{{"model", model}};
  if (lists) body.emplace("verbose", true);
  return {"POST", "/api/show", boost::json::serialize(body)};
}

Request unload_request(std::string_view model) {
  return {"POST", "/api/generate",
          boost::json::serialize(boost::json::object{{"model", model}, {"keep_alive", 0}})};
}

Request generate_request(std::string_view model, const Prompt& prompt) {
  boost::json::object options{{"num_predict", prompt.most_tokens}, {"temperature", 0}, {"seed", 1}};
  if (prompt.context) options["num_ctx"] = *prompt.context;
  boost::json::object body{{"model", model}, {"prompt", prompt.text}, {"stream", false}};
  if (prompt.keep_alive_s) body["keep_alive"] = *prompt.keep_alive_s;
  body["options"] = std::move(options);
  return {"POST", "/api/generate", boost::json::serialize(body)};
}

Request completion_request(const Prompt& prompt) {
  return {"POST", "/completion",
          boost::json::serialize(boost::json::object{{"prompt", prompt.text},
                                                     {"n_predict", prompt.most_tokens},
                                                     {"temperature", 0},
                                                     {"seed", 1},
                                                     {"ignore_eos", true},
                                                     {"cache_prompt", false}})};
}

std::string host_header(std::string_view host, int port) {
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && host.front() != '[';
  return bare_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string to_http(const Request& request, std::string_view host, int port) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n",
                  request.method, request.target, host_header(host, port));
  if (request.body.empty()) return text + "\r\n";
  return text + fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                            request.body.size(), request.body);
}

}  // namespace m1opt::ollama
