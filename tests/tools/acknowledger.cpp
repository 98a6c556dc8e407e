// The guardian's side of the talk and nothing else, for tests whose machine is in memory: it says
// that it is ready, acknowledges each record, and on SIGUSR1 says that it has taken over. What a
// guardian undoes there, the test undoes.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "act/frame.h"
#include "journal/record_text.h"

using m1opt::act::FrameType;

namespace {

constexpr int kPatienceMs = 1000;

std::array<int, 2> asked{-1, -1};  // written to by the signal handler

/// False when it is over.
bool answer(int socket, const m1opt::act::Frame& frame, bool& revoked) {
  if (frame.type == FrameType::resumed) revoked = false;
  if (frame.type != FrameType::hold || revoked) return true;
  const auto record = m1opt::journal::record_from_text(frame.payload);
  return record && m1opt::act::send_frame(socket, FrameType::acknowledged,
                                          std::to_string(record->id), kPatienceMs)
                       .has_value();
}

}  // namespace

int main(int argc, char** argv) {
  int socket = -1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--guardian") socket = static_cast<int>(std::strtol(argv[i + 1], nullptr, 10));
  }
  if (::pipe(asked.data()) != 0) return 1;
  ::signal(SIGUSR1, [](int) { (void)!::write(asked[1], "r", 1); });
  m1opt::act::FrameReader reader;
  bool revoked = false;
  (void)m1opt::act::send_frame(socket, FrameType::ready, "1", kPatienceMs);
  for (;;) {
    std::array<pollfd, 2> waits{pollfd{socket, POLLIN, 0}, pollfd{asked[0], POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;  // the signal itself
    if (waits[1].revents != 0) {
      char byte = 0;
      (void)!::read(asked[0], &byte, 1);
      revoked = true;
      (void)m1opt::act::send_frame(socket, FrameType::revoked, {}, kPatienceMs);
    }
    if (waits[0].revents == 0) continue;
    const auto filled = reader.fill(socket);
    while (const auto frame = reader.next()) {
      if (!answer(socket, *frame, revoked)) return 1;
    }
    if (!filled) return 0;
  }
}
