#include "serve/routes.h"

namespace m1opt::serve {

Reply get_openapi(const Call&) { return json_reply(make_openapi(routes())); }

}  // namespace m1opt::serve
