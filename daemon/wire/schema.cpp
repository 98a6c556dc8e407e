#include "wire/schema.h"

namespace m1opt::wire::detail {

boost::json::object number_schema(std::string_view unit) {
  boost::json::object schema{{"type", "number"}};
  if (!unit.empty()) schema.emplace("description", unit);
  return schema;
}

}  // namespace m1opt::wire::detail
