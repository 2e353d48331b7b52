#pragma once
// One connection that is being streamed to: what it has still to be sent, and its socket.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "stream/chunk.h"

namespace doorbuster {

// Used by the stream's thread only.
class Subscriber {
 public:
  enum class Wrote { all, some, blocked, gone };

  // Takes the socket over. `head` goes first.
  Subscriber(int socket, const Subscription& subscription, std::string head, std::int64_t now_ns);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  const Subscription& wants() const { return wants_; }
  int socket() const { return socket_; }

  // What goes before the log: retry, a snapshot, what has changed since it.
  void set_prelude(std::vector<ChunkPointer> chunks);
  bool in_prelude() const { return prelude_next_ < prelude_.size(); }
  ChunkPointer take_prelude();

  bool has_room() const { return queue_.size() - sent_ < kPiecesMax && queued_bytes_ < kStreamTurnBytes; }
  bool has_queued() const { return sent_ < queue_.size(); }
  void queue(ChunkPointer chunk, Deflater& deflater);
  // Writes what is queued, once. `bytes` is what it took.
  Wrote write(std::int64_t now_ns, std::size_t& bytes);

  // Reads and forgets. False: the client is gone, or talks more than a subscriber has to.
  bool discard_input();
  void unblock() { blocked_ = false; }
  bool blocked() const { return blocked_; }
  std::int64_t since_ns() const { return since_ns_; }
  std::int64_t last_write_ns() const { return last_write_ns_; }
  // In good order: everything queued has been written, so the compressed stream may end.
  void finish();

  std::uint64_t next_sequence = 1;  // in the log
  std::uint64_t tick_seen = 0;
  bool leaving = false;  // to be removed at the end of the cycle
  std::size_t list_index = 0;

 private:
  static constexpr std::size_t kPiecesMax = 64;

  struct Piece {
    ChunkPointer chunk;  // null: head_
    std::string_view bytes;
  };

  const int socket_;
  const Subscription wants_;
  const std::int64_t since_ns_;
  std::string head_;
  std::vector<ChunkPointer> prelude_;
  std::size_t prelude_next_ = 0;
  std::vector<Piece> queue_;  // from sent_ on
  std::size_t sent_ = 0, queued_bytes_ = 0;
  GzipSum sum_;
  std::int64_t last_write_ns_;
  std::size_t input_bytes_ = 0;
  bool blocked_ = false;
};

}  // namespace doorbuster
