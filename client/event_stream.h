#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace m1opt::client {

/// Takes server-sent events apart (HTML Living Standard, 9.2.6), whatever the
/// pieces they arrive in.
class EventStream {
 public:
  using Handler = std::function<void(std::string_view data)>;

  EventStream() = default;
  /// Goes on after that event.
  explicit EventStream(std::string last_id) : last_id_(std::move(last_id)) {}

  void feed(std::string_view piece, const Handler& on_event);
  /// What Last-Event-ID has to say to go on where this ended.
  [[nodiscard]] const std::string& last_id() const { return last_id_; }

 private:
  void take_line(std::string_view line, const Handler& on_event);

  std::string rest_;  ///< a line that has not ended yet
  std::string data_;
  std::string id_;
  std::string last_id_;
};

}  // namespace m1opt::client
