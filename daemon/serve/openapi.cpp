#include <boost/json/parse.hpp>

#include "serve/routes.h"
#include "wire/encode.h"
#include "wire/schema.h"

namespace m1opt::serve {

namespace json = boost::json;

namespace {

constexpr const char* kProblemRef = "#/components/schemas/Problem";

json::object content(const char* type, json::value schema) {
  return {{type, json::object{{"schema", std::move(schema)}}}};
}

json::object parameter(const std::string& name, const char* where, const std::string& summary) {
  json::object made{{"name", name}, {"in", where}, {"schema", {{"type", "string"}}}};
  if (!summary.empty()) made.emplace("description", summary);
  if (where == std::string_view("path")) made.emplace("required", true);
  return made;
}

json::array parameters_of(const Route& route) {
  json::array made;
  for (std::size_t open = route.path.find('{'); open != std::string::npos;
       open = route.path.find('{', open + 1)) {
    const std::size_t close = route.path.find('}', open);
    made.push_back(parameter(route.path.substr(open + 1, close - open - 1), "path", ""));
  }
  for (const QueryParameter& row : route.query) {
    made.push_back(parameter(row.name, "query", row.summary));
  }
  return made;
}

json::object responses_of(const Route& route) {
  json::object success{{"description", "OK"}};
  if (route.response != nullptr) {
    success.emplace("content", content("application/json", route.response()));
  } else if (std::holds_alternative<Special>(route.handler)) {
    success.emplace("content", content("text/event-stream", json::object{{"type", "string"}}));
  }
  return {
      {"200", success},
      {"default",
       {{"description", "A problem (RFC 9457)"},
        {"content", content("application/problem+json", json::object{{"$ref", kProblemRef}})}}}};
}

const char* operation_name(Method method) {
  switch (method) {
    case Method::GET: return "get";
    case Method::POST: return "post";
    case Method::PUT: return "put";
  }
  return "";
}

json::object operation_of(const Route& route) {
  json::object made{{"summary", route.summary},
                    {"x-access", wire::enum_word(route.access)},
                    {"responses", responses_of(route)}};
  if (auto parameters = parameters_of(route); !parameters.empty()) {
    made.emplace("parameters", std::move(parameters));
  }
  if (route.request != nullptr) {
    json::object schema = route.request();
    schema.emplace("additionalProperties", false);  // answers may get more keys, requests may not
    json::object body = content("application/json", std::move(schema));
    body.at("application/json").as_object().emplace("example", json::parse(route.example));
    made.emplace("requestBody", json::object{{"content", body}});
  } else {
    made.emplace("x-example", route.example);
  }
  return made;
}

}  // namespace

json::object make_openapi(const std::vector<Route>& table) {
  json::object paths;
  for (const Route& route : table) {
    json::value& path = paths[route.path];
    if (!path.is_object()) path = json::object();
    path.as_object().emplace(operation_name(route.method), operation_of(route));
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "m1opt"},
            {"version", "v1"},
            {"description",
             "HTTP over the Unix socket of m1optd. Numbers carry their unit in the key; fields are "
             "only added within v1."}}},
          {"paths", paths},
          {"components", {{"schemas", {{"Problem", wire::schema_of<wire::ProblemDocument>()}}}}}};
}

}  // namespace m1opt::serve
