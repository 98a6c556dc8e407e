#include "app/board.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace m1opt::app {

namespace {

constexpr std::size_t kInboxSize = 256;
/// Of what may wait for the slow thread; the rest is for the daemon's own work.
constexpr int kMostFetches = 16;

}  // namespace

Board::Board(const Clock& clock, EventLog& events) : clock_(clock), events_(events) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe: no file descriptors left");
  wake_read_ = Fd(ends[0]);
  wake_write_ = Fd(ends[1]);
  for (const int fd : ends) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
}

void Board::publish(std::shared_ptr<const Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
}

void Board::wake() {
  // A full pipe is as good as one byte: the loop wakes either way.
  [[maybe_unused]] const ssize_t written = ::write(wake_write_.get(), "w", 1);
}

std::vector<Command> Board::drain() {
  std::array<char, 256> ignored{};
  while (::read(wake_read_.get(), ignored.data(), ignored.size()) > 0) {
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(inbox_, {});
}

void Board::reply(const CommandReply& reply) {
  std::function<void(CommandReply)> done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(reply.id);
    if (found == waiting_.end()) return;
    done = std::move(found->second);
    waiting_.erase(found);
  }
  done(reply);
}

void Board::reply_to_all(ReplyCode code, const std::string& text) {
  std::vector<std::uint64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, done] : waiting_) ids.push_back(id);
  }
  for (const std::uint64_t id : ids) reply({id, code, text});
}

std::shared_ptr<const Snapshot> Board::snapshot() {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

bool Board::post(Command command, std::function<void(CommandReply)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (inbox_.size() >= kInboxSize) return false;
    command.id = next_command_++;
    waiting_[command.id] = std::move(done);
    inbox_.push_back(std::move(command));
  }
  wake();
  return true;
}

bool Board::self_test(std::function<void(std::vector<serve::SelfTestStep>)> done) {
  return self_test_ && self_test_(std::move(done));
}

void Board::set_archive(serve::Archive& archive, Post post) {
  archive_ = &archive;
  post_ = std::move(post);
}

bool Board::fetch(serve::FetchWork work, std::function<void(serve::Fetched)> done) {
  if (archive_ == nullptr) return false;
  const auto leave = [count = fetching_] { count->fetch_sub(1); };
  if (fetching_->fetch_add(1) < kMostFetches &&
      post_([archive = archive_, work = std::move(work), done = std::move(done), leave] {
        serve::Fetched fetched = work(*archive);
        leave();
        done(std::move(fetched));
      })) {
    return true;
  }
  leave();
  return false;
}

std::vector<Event> Board::events_after(const std::string& id, std::size_t limit) {
  return events_.after(id, limit);
}

std::shared_ptr<void> Board::on_event(std::function<void()> notify) {
  return events_.subscribe(std::move(notify));
}

}  // namespace m1opt::app
