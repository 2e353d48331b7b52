#pragma once
// A connection to a NATS server, driven by one thread: nothing is sent or read but in turn(), which waits for
// the socket no longer than it is told to. The library's own way, threads that write with a lock held, cannot
// be left while a server does not read; so it is given an event loop, which is turn(). It never connects
// again by itself.
//
// Without TLS: the library waits inside of it for as long as the other side likes.

#include <nats/nats.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/platform/clock.h"

namespace doorbuster {

inline constexpr std::int64_t kNatsConnectMs = 2'000;            // with all that is said at the beginning
inline constexpr std::int64_t kNatsAnswerNs = 5 * kNsPerSecond;  // without an answer: there will be none
inline constexpr int kNatsTurnMs = 50;                           // between two looks at `stop`
inline constexpr int kNatsReadBytes = 64 << 10;                  // in one turn

// "HOST:PORT" of a url, without the names and passwords in front of it.
std::string nats_server_name(std::string_view url);

class NatsLink {
 public:
  struct Header {
    const char* name;
    const char* value;
  };
  enum class Sent : std::uint8_t { yes, too_large, no };
  struct Reply {
    std::uint64_t token;    // 0: of some message, in its turn: the library does not say of which
    bool nobody;            // listens to the message's subject
    std::string_view data;  // until the next call
  };

  explicit NatsLink(std::string url);
  // Waits for a connect that was given up, kNatsConnectMs and what finding the host's address takes.
  ~NatsLink();
  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;

  Status connect(const std::atomic<bool>& stop);
  void close();
  bool is_open() const;

  // Gives a message to the next turns. Its answer comes with the token that next_token() was before.
  Sent send(const std::string& subject, std::span<const Header> headers, std::string_view data);
  std::uint64_t next_token() const { return next_token_; }
  // Sends and reads what goes without waiting, after waiting at most so long until something does. False:
  // nothing did.
  bool turn(int wait_ms);
  // An answer that has been read.
  std::optional<Reply> next();

  // From now on so long, asking goes on; behind it, nothing is asked.
  void allow_asking(std::int64_t ns) { ask_until_ns_ = SystemClock().monotonic_ns() + ns; }
  // Asks and waits for the answer; answers to anything else are forgotten.
  Result<std::string> ask(const std::string& subject, std::string_view data, const std::atomic<bool>& stop);

  Status failed(std::string_view what) const;  // "NATS at HOST:PORT: <what>"
  std::string lost() const;                    // why the connection is none any more

 private:
  struct Attempt;
  Status subscribe();

  const std::string url_, name_;
  std::unique_ptr<Attempt> attempt_;  // also the connection that has come of it
  natsSubscription* inbox_ = nullptr;
  std::string inbox_prefix_;  // with the '.' that a token follows
  std::uint64_t next_token_ = 1;
  std::int64_t ask_until_ns_ = std::numeric_limits<std::int64_t>::max();
  natsMsg* read_ = nullptr;  // what the last answer's data is in
};

}  // namespace doorbuster
