#pragma once
// The admin listener: health, metrics, the OpenAPI document, and what an operator sees of campaigns and does
// to them. On a thread of its own, which may wait for a shard for a bounded time, and with a change for the
// disk; no buyer ever waits for it, but for the moment in which a change is put in force.

#include <string_view>

#include "doorbuster/admin/server_state.h"
#include "doorbuster/http/handler.h"

namespace doorbuster {

class AdminHandler final : public Handler {
 public:
  explicit AdminHandler(ServerState& state) : state_(state) {}

  Request* handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                  Outcome& outcome) override;
  Outcome append_answer(const Request& request, const ReplyFrame& frame, std::string& out) override;

 private:
  ServerState& state_;
};

// The OpenAPI 3.1 document, as it is compiled in.
std::string_view openapi_document();

}  // namespace doorbuster
