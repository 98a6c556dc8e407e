// What one end of the guardian's socket pair gets, in pieces of the sizes that the input says.
#include "act/frame.h"

#include <sys/socket.h>

#include <algorithm>

#include "base/fd.h"
#include "fuzz/fuzz.h"
#include "fuzz/targets.h"
#include "journal/record_text.h"

namespace m1opt::fuzz {

void frame(std::string_view input) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "there is a socket pair");
  const base::Fd ours(ends[0]);
  const base::Fd theirs(ends[1]);
  Pieces pieces(input.substr(0, 64 * 1024));  // less than a socket takes at once
  const std::string_view expected = pieces.rest();
  act::FrameReader reader;
  std::string sent;
  std::string seen;
  while (!pieces.empty()) {
    const std::string_view piece = pieces.take_text(1 + sent.size() % 5000);
    if (::send(theirs.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
    sent += piece;
    const auto filled = reader.fill(ours.get());
    while (const auto frame = reader.next()) {
      const auto size = static_cast<std::uint32_t>(frame->payload.size());
      seen += static_cast<char>(frame->type);
      seen.append(reinterpret_cast<const char*>(&size), sizeof size);
      seen += frame->payload;
      if (frame->type == act::FrameType::hold) (void)journal::record_from_text(frame->payload);
    }
    require(expected.starts_with(seen), "frames are what was sent, in its order");
    if (!filled) return;
  }
}

}  // namespace m1opt::fuzz
