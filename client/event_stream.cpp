#include "client/event_stream.h"

namespace m1opt::client {

void EventStream::feed(std::string_view piece, const Handler& on_event) {
  rest_ += piece;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = rest_.find('\n', start);
    if (end == std::string::npos) break;
    std::string_view line = std::string_view(rest_).substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line, on_event);
    start = end + 1;
  }
  rest_.erase(0, start);
}

void EventStream::take_line(std::string_view line, const Handler& on_event) {
  if (line.empty()) {
    if (!id_.empty()) last_id_ = id_;
    if (!data_.empty()) on_event(data_);
    data_.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // a comment, sent to keep the connection alive
  const std::string_view field = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (!data_.empty()) data_ += '\n';
    data_ += value;
  } else if (field == "id") {
    id_ = value;
  }
}

}  // namespace m1opt::client
