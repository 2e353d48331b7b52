#include "stream/feed_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "doorbuster/base/json_writer.h"
#include "doorbuster/http/reply_encoder.h"

namespace doorbuster {
namespace {

constexpr std::size_t kInputBytesMax = 64U << 10;
constexpr std::int64_t kStallNs = kFeedStallMs * kNsPerMillisecond;
constexpr std::int64_t kHeartbeatNs = 15 * kNsPerSecond;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Without a length: the stream ends with the connection. X-Accel-Buffering asks a proxy not to collect it.
constexpr std::string_view kStreamHead =
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "X-Accel-Buffering: no\r\n\r\n"
    "retry: 2000\n\n";

}  // namespace

FeedConnection::FeedConnection(int socket, const FeedQuery& query, std::string unsent,
                               const FeedSource& source)
    : socket_(socket), query_(query), source_(source), out_(std::move(unsent)) {}

FeedConnection::~FeedConnection() {
  close(socket_);
}

std::size_t FeedConnection::step(const Clock& clock, FeedMetrics& metrics) {
  const std::int64_t now_ns = clock.monotonic_ns();
  const std::uint64_t told = metrics.events.value();
  looked_ns_ = now_ns;
  if (state_ == State::arrived) begin(clock);
  if (state_ == State::collecting) collect(clock, metrics);
  if (state_ == State::streaming) stream(clock, metrics);
  const std::uint64_t bytes = metrics.bytes.value();
  write(now_ns, metrics);
  if (state_ == State::closing && sent_ == out_.size()) {
    shutdown(socket_, SHUT_WR);
    state_ = State::over;
  }
  const bool moved = metrics.bytes.value() != bytes || metrics.events.value() != told;
  return moved || (!waits_ && !blocked_ && !is_over()) ? 1 : 0;
}

void FeedConnection::begin(const Clock& clock) {
  last_write_ns_ = clock.monotonic_ns();
  wait_until_ns_ = last_write_ns_ + query_.wait_ns;
  reader_.emplace(source_, query_.tenant);
  const auto found = find_place();
  if (!found) return refuse(clock, Outcome::journal_failed, found.error().message);
  if (*found == FeedReader::Found::not_here) return refuse(clock, Outcome::position_unknown, {});
  if (*found == FeedReader::Found::pruned) {
    const auto oldest = reader_->oldest();
    return refuse(clock, Outcome::position_gone,
                  "The events behind " + format_feed_position(query_.after) + " are not all kept any more" +
                      (oldest ? "; the feed begins behind " + format_feed_position(*oldest) : "") + ".");
  }
  if (!query_.stream) {
    state_ = State::collecting;
    return;
  }
  state_ = State::streaming;
  out_ += "HTTP/1.1 200 OK\r\nDate: " + http_date(clock.wall_now()) + "\r\n";
  out_ += kStreamHead;
}

Result<FeedReader::Found> FeedConnection::find_place() {
  FeedPosition after = query_.after;
  if (query_.from != FeedQuery::From::place) {
    const auto asked = query_.from == FeedQuery::From::now ? reader_->newest() : reader_->oldest();
    if (!asked) return tl::unexpected(asked.error());
    after = *asked;
  }
  return reader_->go_behind(after);
}

void FeedConnection::collect(const Clock& clock, FeedMetrics& metrics) {
  const std::size_t before = events_.size();
  const Status read =
      reader_->read(query_.limit - before, kFeedPageBytes - std::min(kFeedPageBytes, event_bytes_), events_);
  if (!read) return refuse(clock, Outcome::journal_failed, read.error().message);
  for (std::size_t i = before; i < events_.size(); ++i) event_bytes_ += events_[i].json.size();
  const bool full = events_.size() >= query_.limit || event_bytes_ >= kFeedPageBytes;
  const bool at_end = reader_->lag() == 0 || !reader_->may_read();
  waits_ = at_end && events_.empty() && clock.monotonic_ns() < wait_until_ns_;
  if (full || (at_end && !waits_)) write_page(clock, metrics);
}

void FeedConnection::write_page(const Clock& clock, FeedMetrics& metrics) {
  waits_ = false;
  JsonWriter json;
  json.begin_object();
  json.member("server_time", clock.wall_now());
  json.begin_array("events");
  for (const FeedEvent& event : events_) json.value_json(event.json);
  json.end_array();
  json.member("next", format_feed_position(reader_->position()));
  json.member("lag", reader_->lag());
  json.end_object();
  append_reply(out_, {.date = http_date(clock.wall_now()), .close = true}, 200, "application/json",
               std::move(json).take());
  metrics.pages.add();
  metrics.events.add(events_.size());
  events_ = {};
  state_ = State::closing;
}

void FeedConnection::stream(const Clock& clock, FeedMetrics& metrics) {
  waits_ = false;
  if (!has_room()) return;
  const Status read = reader_->read(query_.limit, kStreamTurnBytes, events_);
  for (const FeedEvent& event : events_) {
    out_ += "id: ";
    out_ += format_feed_position(event.at);
    out_ += "\ndata: ";
    out_ += event.json;
    out_ += "\n\n";
  }
  metrics.events.add(events_.size());
  events_.clear();
  if (!read) {
    state_ = State::closing;  // who comes again is told why
    return;
  }
  waits_ = reader_->lag() == 0 || !reader_->may_read();
  // An event without data tells nothing, but leaves its id with the client, and shows that the line is up.
  if (out_.size() == sent_ && clock.monotonic_ns() - last_write_ns_ >= kHeartbeatNs) {
    out_ += "id: " + format_feed_position(reader_->position()) + "\n\n";
  }
}

void FeedConnection::refuse(const Clock& clock, Outcome outcome, const std::string& detail) {
  waits_ = false;
  append_refusal(out_, {.date = http_date(clock.wall_now()), .close = true}, outcome, {.detail = detail});
  state_ = State::closing;
}

void FeedConnection::end(const Clock& clock, FeedMetrics& metrics) {
  if (state_ == State::collecting) write_page(clock, metrics);
  if (state_ == State::streaming || state_ == State::arrived) state_ = State::closing;
  step(clock, metrics);
}

void FeedConnection::write(std::int64_t now_ns, FeedMetrics& metrics) {
  const bool was_blocked = std::exchange(blocked_, false);
  while (sent_ < out_.size()) {
    const ssize_t wrote =
        send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      blocked_ = errno == EAGAIN || errno == EWOULDBLOCK;
      if (blocked_ && !was_blocked) last_write_ns_ = now_ns;
      if (blocked_ && now_ns - last_write_ns_ < kStallNs) return;
      if (blocked_) metrics.dropped.add();
      state_ = State::over;
      return;
    }
    sent_ += static_cast<std::size_t>(wrote);
    last_write_ns_ = now_ns;
    metrics.bytes.add(static_cast<std::uint64_t>(wrote));
  }
  out_.clear();
  sent_ = 0;
}

void FeedConnection::look_at_input() {
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t n = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n > 0) input_bytes_ += static_cast<std::size_t>(n);
    if (n <= 0 || input_bytes_ > kInputBytesMax) {
      state_ = State::over;
      return;
    }
  }
}

std::int64_t FeedConnection::next_look_ns() const {
  if (blocked_) return last_write_ns_ + kStallNs;
  if (waits_ && !reader_->may_read()) return looked_ns_ + kFeedPaceNs;
  if (state_ == State::collecting) return wait_until_ns_;
  return state_ == State::streaming ? last_write_ns_ + kHeartbeatNs : kNever;
}

}  // namespace doorbuster
