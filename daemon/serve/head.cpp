#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <ctime>

#include "serve/session.h"

namespace m1opt::serve {

std::string head_of(const Reply& reply, bool keep_alive) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(reply.status)));
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: m1optd/{}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n"
      "Content-Type: {}\r\nCache-Control: no-store\r\n",
      reply.status, std::string_view(reason.data(), reason.size()), M1OPT_VERSION,
      fmt::gmtime(std::time(nullptr)), reply.content_type);
  for (const auto& [name, value] : reply.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (!keep_alive) head += "Connection: close\r\n";
  return head;
}

}  // namespace m1opt::serve
