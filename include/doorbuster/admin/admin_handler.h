#pragma once
// The admin listener: health, metrics, the OpenAPI document, and what an operator sees of campaigns and does
// to them. On a thread of its own, which may wait for a shard for a bounded time, and with a change for the
// disk; no buyer ever waits for it, but for the moment in which a change is put in force.

#include <string_view>
#include <vector>

#include "doorbuster/admin/server_state.h"
#include "doorbuster/http/access.h"
#include "doorbuster/http/handler.h"
#include "doorbuster/http/route.h"

namespace doorbuster {

class AdminHandler final : public Handler {
 public:
  explicit AdminHandler(ServerState& state) : state_(state), gate_(*state.access) {}

  Request* handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                  Outcome& outcome) override;
  Outcome append_answer(const Request& request, const ReplyFrame& frame, std::string& out) override;

 private:
  ServerState& state_;
  Gatekeeper gate_;
};

// What each route of the admin listener asks of a key.
std::vector<RouteScope> admin_routes();

// The OpenAPI 3.1 document, as it is compiled in.
std::string_view openapi_document();

}  // namespace doorbuster
