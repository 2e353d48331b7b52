#pragma once
// A blocking HTTP/1.1 client for what is not under load: reading campaigns, and the audit. One connection,
// pipelined.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/base/result.h"
#include "load/wire.h"

namespace doorbuster::load {

struct HttpReply {
  int status = 0;
  bool replayed = false;  // Idempotent-Replayed: true
  std::string_view body;  // until the next reply
};

// Not thread-safe. Connects when it has to; an error closes the connection, the next call opens another.
class HttpClient {
 public:
  explicit HttpClient(Target target, std::int64_t timeout_ms = 10'000);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  const Target& target() const { return target_; }

  // The whole body of a 200; any other status is an error.
  Result<std::string> get(std::string_view path);

  // Sends `count` requests, at most kPipelined in flight, and hands over every reply in order. `write(i,
  // out)` appends the bytes of request i. A connection that ends between two replies is opened again and the
  // unanswered requests are sent once more, so they must be safe to repeat.
  Status exchange(std::size_t count, const std::function<void(std::size_t, std::string&)>& write,
                  const std::function<void(std::size_t, const HttpReply&)>& read);

 private:
  static constexpr std::size_t kPipelined = 32;
  struct Connection;

  Status connect();
  Result<std::size_t> exchange_once(std::size_t first, std::size_t count,
                                    const std::function<void(std::size_t, std::string&)>& write,
                                    const std::function<void(std::size_t, const HttpReply&)>& read);

  Target target_;
  std::int64_t timeout_ms_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace doorbuster::load
