#pragma once

#include <cstdint>
#include <string>

#include "doorbuster/http/http_request.h"
#include "doorbuster/http/reply_encoder.h"
#include "doorbuster/http/stream_door.h"
#include "doorbuster/runtime/request.h"

namespace doorbuster {

// What a handler gets besides the request itself.
struct RequestContext {
  ReplyFrame frame;
  std::int64_t received_ns = 0;  // monotonic
  std::int64_t turn_ns = 0;  // how long the thread's turn went on before this round of it: see kBuyTurnMsMax
  bool* shed = nullptr;      // set when it is refused for that
  // A buy that finds no request free waits for one: it sets this, answers nothing, and is handed in again
  // when its connection's turn has come. Null: it has waited long enough, and is told `overloaded`.
  bool* waits = nullptr;
  bool others_wait = false;  // and come first
  bool draining = false;
  HandoverSlot* handover = nullptr;  // null: no connection can be handed over
};

// Answers requests of one listener. One for each HTTP thread; used by that thread only.
class Handler {
 public:
  virtual ~Handler() = default;

  // Either appends the whole reply to `out`, sets `outcome` and returns null; or returns a request of its
  // door's pool, filled in, which the caller submits and which comes back to append_answer() when it has been
  // answered.
  virtual Request* handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                          Outcome& outcome) = 0;
  // Returns the outcome that was told: a route may know a word of its own for what the shard has said.
  virtual Outcome append_answer(const Request& request, const ReplyFrame& frame, std::string& out) = 0;
};

}  // namespace doorbuster
