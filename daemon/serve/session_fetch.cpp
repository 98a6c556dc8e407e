// Answers that are read from the disk or from tools: made on the slow thread, a piece at a time.
#include "base/log.h"
#include "serve/reception.h"
#include "serve/session.h"
#include "wire/encode.h"

namespace m1opt::serve {

using wire::make_problem;
using wire::ProblemCode;

namespace {

Fetched fetched_problem(ProblemCode code, std::string detail, std::string hint = {}) {
  return {problem_reply(make_problem(code, std::move(detail), std::move(hint)))};
}

Fetched internal_problem() { return fetched_problem(ProblemCode::internal, "The daemon's log says more"); }

/// No exception may reach the slow thread, and no piece may be larger than what slow readers are
/// counted with.
Fetched make_piece(const FetchWork& work, Archive& archive) {
  try {
    Fetched made = work(archive);
    if (made.reply.body.size() <= kLargestPiece) return made;
    log_error("an answer of {} bytes was to be made in pieces", made.reply.body.size());
  } catch (const std::exception& e) {
    log_error("an answer could not be read: {}", e.what());
  }
  return internal_problem();
}

/// One of the few that may be read or written at once; empty when there are too many.
std::shared_ptr<const void> take_place(Service& service, std::uint32_t uid) {
  if (!service.fetches.enter(uid, service.access.is_root(uid))) return nullptr;
  return {&service, [&service, uid](const void*) { service.fetches.leave(uid); }};
}

}  // namespace

Task<std::optional<Reply>> Session::run_fetch(const Route& route, const Call& call, Fetch fetch) {
  FetchPlan plan = fetch(call);
  if (auto* reply = std::get_if<Reply>(&plan)) co_return std::move(*reply);
  const auto place = take_place(service_, peer_.uid);
  if (!place) {
    co_return fetched_problem(ProblemCode::busy, "Too many answers are being read from the disk",
                         "Try again in a second").reply;
  }
  const ServerOptions& options = service_.options;
  Fetched fetched = co_await fetch_piece(std::move(std::get<FetchWork>(plan)),
                                         route.mutates ? options.change_deadline : options.fetch_deadline);
  if (fetched.more) {
    co_await write_pieces(std::move(fetched));
    co_return std::nullopt;
  }
  fetched.reply.held = place;
  co_return std::move(fetched.reply);
}

Task<Fetched> Session::fetch_piece(FetchWork work, Duration patience) {
  auto start = [&](std::uint64_t, std::function<void(Fetched)> done) {
    return service_.backend.fetch(
        [work = std::move(work)](Archive& archive) { return make_piece(work, archive); },
        std::move(done));
  };
  bool accepted = false;
  auto fetched =
      co_await receive_result<Fetched>(core_, patience, start, accepted);
  if (!accepted) {
    co_return fetched_problem(ProblemCode::busy, "Too much waits to be read from the disk",
                         "Try again in a second");
  }
  if (!fetched) {
    co_return fetched_problem(ProblemCode::timed_out,
                         "The disk has not answered in time, or the daemon is asking something else",
                         "Try again");
  }
  co_return *std::move(fetched);
}

/// A peer that is told the length only by the last chunk sees that one is missing when something
/// goes wrong on the way.
Task<> Session::write_pieces(Fetched piece) {
  bool open = co_await write_stream_head(piece.reply.content_type);
  for (;;) {
    if (open && !piece.reply.body.empty()) open = co_await write_chunk(piece.reply.body);
    if (!open) co_return;
    if (!piece.more) break;
    piece = co_await fetch_piece(std::move(piece.more), service_.options.fetch_deadline);
    if (piece.reply.status != 200) co_return;
  }
  co_await write_text("0\r\n\r\n");
}

}  // namespace m1opt::serve
