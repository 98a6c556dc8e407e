#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "serve/asio.h"
#include "serve/call.h"
#include "serve/deadline.h"
#include "serve/route.h"
#include "serve/service.h"

namespace m1opt::serve {

/// One connection: requests one after the other until the peer leaves, a
/// deadline passes or a stream has ended. It was admitted before, and leaves.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, Socket socket, platform::PeerIdentity peer);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  Task<> run();

 private:
  struct Received {
    std::string method;
    std::string target;
    std::string body;
    std::string last_event_id;
    bool keep_alive{false};
    bool streamable{false};  ///< HTTP/1.1: the answer may come in chunks
  };
  enum class Outcome { complete, refused, left };

  // Each says whether the connection goes on.
  Task<bool> serve_one();
  Task<bool> dispatch(const Received& request);
  Task<bool> write(const Reply& reply, bool keep_alive);
  Task<bool> write_text(std::string text);

  Task<bool> wait_for_request();
  Task<Outcome> receive(Received& request, Reply& refusal);
  /// Nothing: a stream has been and gone.
  Task<std::optional<Reply>> handle(const Route& route, const Call& call);
  Task<std::optional<Reply>> run_special(Special special, const Call& call);
  Task<Reply> run_command(const Route& route, const Call& call, Prepare prepare);
  Task<Reply> run_self_test(const Call& call);
  Task<std::optional<Reply>> run_fetch(const Route& route, const Call& call, Fetch fetch);
  Task<Fetched> fetch_piece(FetchWork work, Duration patience);
  Task<> write_pieces(Fetched first);
  Task<std::optional<CommandReply>> post(const Call& call, CommandBody body, bool& accepted);

  // Streams (stream.cpp); a Reply when there was none.
  Task<std::optional<Reply>> stream_events(const Call& call);
  Task<std::optional<Reply>> hold_lease(const Call& call);
  Task<> beat(ProcessId process);
  Task<> end_lease(const Call& call, ProcessId process);
  Task<bool> write_stream_head(std::string_view content_type);
  Task<bool> write_chunk(std::string_view text);
  /// Notices what the peer sends while an answer goes on, and that it left.
  void watch_peer();
  void on_readable();
  /// False: woken before `time` was over.
  Task<bool> wait(Duration time);

  Task<> linger();

  Core& core_;
  Service& service_;
  Socket socket_;
  platform::PeerIdentity peer_;
  Deadline deadline_;
  boost::beast::flat_buffer buffer_;
  asio::steady_timer wake_;
  bool refused_{false};     ///< the peer may still be sending what nobody will read
  bool peer_left_{false};   ///< while streaming
  bool peer_beats_{false};  ///< it sent something while streaming
  std::chrono::steady_clock::time_point last_beat_{};
};

/// Says no more, but reads on for a moment: a peer that is still writing when
/// the socket closes would lose the answer.
Task<> linger_on(Socket& socket, Deadline& deadline, Duration time);

/// "HTTP/1.1 200 OK" and all headers, to the empty line.
std::string head_of(const Reply& reply, bool keep_alive);

}  // namespace m1opt::serve
