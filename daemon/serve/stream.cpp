#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/log.h"
#include "serve/routes.h"
#include "serve/session.h"
#include "wire/encode.h"
#include "wire/text.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

/// Nothing is read ahead of a slow peer: the next batch is fetched when the
/// last one has been written.
constexpr std::size_t kBatch = 64;
constexpr int kMissedBeats = 3;
constexpr int kEndTries = 50;
constexpr Duration kEndRetry = 100ms;

/// Registers a stream's timer to be woken by new events.
class Subscription {
 public:
  Subscription(Service& service, asio::steady_timer& timer) : service_(service), timer_(timer) {
    service_.streams.insert(&timer_);
  }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() { service_.streams.erase(&timer_); }

 private:
  Service& service_;
  asio::steady_timer& timer_;
};

std::string text_of(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) {
    text += fmt::format("id: {}\ndata: {}\n\n", event.id, wire::to_text(wire::encode(event)));
  }
  return text;
}

wire::LeaseDocument lease_document(const Snapshot& snapshot, ProcessId process, std::string text) {
  wire::LeaseDocument document;
  document.text = std::move(text);
  for (const WorkloadStatus& workload : snapshot.status.workloads) {
    for (const WorkloadMember& member : workload.processes) {
      if (member.id != process) continue;
      document.raised = member.raised;
      if (!member.raised && !member.not_raised.empty()) {
        document.text += "; not raised: " + member.not_raised;
      }
    }
  }
  return document;
}

}  // namespace

Task<std::optional<Reply>> Session::stream_events(const Call& call) {
  std::string last(call.last_event_id.empty() ? call.query_value("after") : call.last_event_id);
  if (last.empty()) {
    const auto kept = service_.backend.events_after("", kAllEvents);
    if (!kept.empty()) last = kept.back().id;
  }
  bool open = co_await write_stream_head("text/event-stream");
  // Tells the client at once that it listens.
  if (open) open = co_await write_chunk(": m1optd\n\n");
  const Subscription subscription(service_, wake_);
  watch_peer();
  while (open && !peer_left_) {
    const auto batch = service_.backend.events_after(last, kBatch);
    if (!batch.empty()) {
      last = batch.back().id;
      open = co_await write_chunk(text_of(batch));
      continue;
    }
    const bool quiet = co_await wait(service_.options.stream_heartbeat);
    if (quiet && !peer_left_) open = co_await write_chunk(":\n\n");
  }
  co_return std::nullopt;
}

Task<std::optional<Reply>> Session::hold_lease(const Call& call) {
  const auto command = prepare_lease(call);
  if (!command) co_return problem_reply(command.error());
  const ProcessId process = command->process;
  bool accepted = false;
  const auto reply = co_await post(call, *command, accepted);
  if (!accepted) {
    co_return problem_reply(make_problem(ProblemCode::busy, "Too many commands wait", "Try again"));
  }
  if (!reply) {
    // It may still be carried out: then it must end too.
    co_await end_lease(call, process);
    co_return problem_reply(
        make_problem(ProblemCode::timed_out, "The lease was not taken in time"));
  }
  if (reply->code != ReplyCode::ok) {
    const bool missing = reply->code == ReplyCode::not_found;
    co_return problem_reply(
        make_problem(missing ? ProblemCode::not_found : ProblemCode::refused, reply->text));
  }
  try {
    bool open = co_await write_stream_head("application/json");
    const auto snapshot = service_.snapshot();
    const auto document = lease_document(*snapshot, process, reply->text);
    if (open) open = co_await write_chunk(wire::to_text(wire::encode(document)) + "\n");
    if (open) co_await beat(process);
  } catch (const std::exception& e) {
    log_error("lease of pid {}: {}", process.pid, e.what());
  }
  co_await end_lease(call, process);
  co_return std::nullopt;
}

Task<> Session::beat(ProcessId process) {
  const Duration period = service_.options.lease_beat;
  if (buffer_.size() > 0) {  // it came with the request
    peer_beats_ = true;
    last_beat_ = std::chrono::steady_clock::now();
  }
  watch_peer();
  while (!peer_left_) {
    co_await wait(period);
    if (peer_left_) co_return;
    const auto silence = std::chrono::steady_clock::now() - last_beat_;
    if (peer_beats_ && silence > kMissedBeats * period) break;
    if (!service_.options.process_owner(process)) break;
    const bool written = co_await write_chunk("\n");
    if (!written) co_return;
  }
  co_await write_text("0\r\n\r\n");
}

Task<> Session::end_lease(const Call& call, ProcessId process) {
  for (int i = 0; i < kEndTries; ++i) {
    Command command;
    command.uid = call.peer.uid;
    command.administrator = call.rights.admin;
    command.body = LeaseEndCommand{process};
    if (service_.backend.post(std::move(command), [](const CommandReply&) {})) co_return;
    asio::steady_timer timer(core_.io, kEndRetry);
    ErrorCode ignored;
    co_await timer.async_wait(into(ignored));
  }
  log_error("lease of pid {}: its end could not be posted; it ends with the process", process.pid);
}

Task<bool> Session::write_stream_head(std::string_view content_type) {
  Reply reply;
  reply.content_type = content_type;
  std::string head = head_of(reply, false);
  head += "Transfer-Encoding: chunked\r\n\r\n";
  co_return co_await write_text(std::move(head));
}

Task<bool> Session::write_chunk(std::string_view text) {
  std::string chunk = fmt::format("{:x}\r\n{}\r\n", text.size(), text);
  co_return co_await write_text(std::move(chunk));
}

void Session::watch_peer() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const ErrorCode& error) {
    if (!error) self->on_readable();
  });
}

void Session::on_readable() {
  std::array<char, 512> ignored{};
  const auto count = ::recv(socket_.native_handle(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  if (count > 0) {
    peer_beats_ = true;
    last_beat_ = std::chrono::steady_clock::now();
  } else if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
    peer_left_ = true;
    wake_.cancel();
    return;
  }
  watch_peer();
}

Task<bool> Session::wait(Duration time) {
  ErrorCode woken;
  wake_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
  co_await wake_.async_wait(into(woken));
  co_return !woken;
}

}  // namespace m1opt::serve
