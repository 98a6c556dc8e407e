#pragma once

#include <boost/beast/http/message.hpp>

namespace m1opt::serve {

/// May it be told without doubt where this request ends? Beast takes a list of equal lengths, and takes a body for none
/// when its encoding does not end in "chunked": the next request would begin in the middle of this one.
bool has_clear_length(const boost::beast::http::request_header<>& head);

}  // namespace m1opt::serve
