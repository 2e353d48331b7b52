#include "stream/subscriber.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace doorbuster {
namespace {

constexpr std::size_t kInputBytesMax = 64U << 10;

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

Subscriber::Subscriber(int socket, const Subscription& subscription, std::string head, std::int64_t now_ns)
    : socket_(socket),
      wants_(subscription),
      since_ns_(now_ns),
      head_(std::move(head)),
      last_write_ns_(now_ns) {
  // Or the kernel takes megabytes for each that does not read, and we would not know. Other sockets have no
  // such option, and need none.
  const int unsent_max = static_cast<int>(kStreamTurnBytes);
  setsockopt(socket_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
  if (wants_.gzip) head_ += kGzipHeader;
  if (!head_.empty()) queue_.push_back({nullptr, head_});
  queued_bytes_ = head_.size();
}

Subscriber::~Subscriber() {
  close(socket_);
}

void Subscriber::set_prelude(std::vector<ChunkPointer> chunks) {
  prelude_ = std::move(chunks);
  prelude_next_ = 0;
}

ChunkPointer Subscriber::take_prelude() {
  ChunkPointer chunk = std::move(prelude_[prelude_next_++]);
  if (prelude_next_ == prelude_.size()) set_prelude({});
  return chunk;
}

void Subscriber::queue(ChunkPointer chunk, Deflater& deflater) {
  const std::string_view bytes = wants_.gzip ? chunk->packed(deflater) : chunk->text();
  if (wants_.gzip) chunk->add_to(sum_);
  queued_bytes_ += bytes.size();
  queue_.push_back({std::move(chunk), bytes});
}

Subscriber::Wrote Subscriber::write(std::int64_t now_ns, std::size_t& bytes) {
  std::array<iovec, kPiecesMax> pieces;
  std::size_t count = 0;
  for (std::size_t i = sent_; i < queue_.size() && count < pieces.size(); ++i) {
    // iov_base is not const; sendmsg() reads it.
    pieces[count++] = {const_cast<char*>(queue_[i].bytes.data()), queue_[i].bytes.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const ssize_t wrote = sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (wrote < 0) {
    if (errno == EINTR) return Wrote::some;
    blocked_ = would_block();
    return blocked_ ? Wrote::blocked : Wrote::gone;
  }
  bytes = static_cast<std::size_t>(wrote);
  last_write_ns_ = now_ns;
  queued_bytes_ -= bytes;
  for (std::size_t rest = bytes; rest != 0;) {
    Piece& first = queue_[sent_];
    const std::size_t of_first = std::min(rest, first.bytes.size());
    first.bytes.remove_prefix(of_first);
    rest -= of_first;
    if (!first.bytes.empty()) break;
    first.chunk.reset();
    ++sent_;
  }
  if (sent_ != queue_.size()) return Wrote::some;
  queue_.clear();
  sent_ = 0;
  return Wrote::all;
}

bool Subscriber::discard_input() {
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t n = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0) return would_block() || errno == EINTR;
    input_bytes_ += static_cast<std::size_t>(n);
    if (n == 0 || input_bytes_ > kInputBytesMax) return false;
  }
}

void Subscriber::finish() {
  if (has_queued() || in_prelude()) return;
  if (wants_.gzip) {
    std::string trailer;
    append_gzip_trailer(sum_, trailer);
    // What does not fit at once is not waited for: the events are all there.
    [[maybe_unused]] const ssize_t n =
        send(socket_, trailer.data(), trailer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  shutdown(socket_, SHUT_WR);
}

}  // namespace doorbuster
