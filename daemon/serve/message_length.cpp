#include "serve/message_length.h"

#include <algorithm>

namespace m1opt::serve {

namespace http = boost::beast::http;

namespace {

bool is_number(boost::beast::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool has_clear_length(const http::request_header<>& head) {
  const auto lengths = head.count(http::field::content_length);
  if (lengths > 1 || (lengths == 1 && !is_number(head[http::field::content_length]))) return false;
  const auto encodings = head.count(http::field::transfer_encoding);
  if (encodings == 0) return true;
  return encodings == 1 && head.version() >= 11 &&
         boost::beast::iequals(head[http::field::transfer_encoding], "chunked");
}

}  // namespace m1opt::serve
