#pragma once
// The public listener: buying, what can be done to an order, places in a line, and reading, as the contract
// has it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/http/access.h"
#include "doorbuster/http/audience_token.h"
#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/http/handler.h"
#include "doorbuster/http/order_decoder.h"
#include "doorbuster/http/route.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

struct Exchange;

// Which audience tokens are taken, and whether anything else is.
struct AudienceCheck {
  std::unique_ptr<AudienceTokens> tokens;  // null: none are
  bool required = false;                   // region, segment and channel come from a token or not at all
};

class PublicHandler final : public Handler {
 public:
  // `audience` is the first tenant's; the others' come with the snapshot.
  PublicHandler(EngineDoor& door, const Clock& clock, std::size_t body_bytes_max, AudienceCheck audience = {},
                const AccessCell& access = open_access());

  Request* handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                  Outcome& outcome) override;
  Outcome append_answer(const Request& request, const ReplyFrame& frame, std::string& out) override;

 private:
  struct Route {
    Method method;
    std::string_view path;
    Scope scope;
    Request* (PublicHandler::*answer)(const Exchange& exchange, std::string_view part);
    bool waits_for_room = false;  // see RequestContext::waits
  };
  static const Route kRoutes[];
  friend std::vector<RouteScope> public_routes();

  // --- public_handler.cc: who is let in ---
  // Whether it is beyond the tenant's share of the requests, or beyond its rate; then it has been answered.
  bool is_over_share(const Exchange& exchange);
  bool is_over_rate(const Exchange& exchange);
  // Whether there is no request for it: then it waits, or has been answered.
  bool lacks_room(const Exchange& exchange);
  // Whether its turn comes too late; then it has been answered.
  bool is_shed(const Exchange& exchange, std::int64_t turn_ms_max);
  AudienceCheck& audience_of(TenantId tenant);
  Request* show_problem(const Exchange& exchange, std::string_view name);
  Request* stream(const Exchange& exchange, std::string_view);

  // --- public_handler.cc: buying ---
  Request* buy(const Exchange& exchange, std::string_view);
  // Puts what the body's token says into the buy. False: that cannot be, and it has been answered.
  bool take_token(const Exchange& exchange, const BuyBody& body, Buy& wanted);
  Request* buy_sku(const Exchange& exchange, const BuyBody& body, Buy wanted, const Campaign& campaign);
  Request* buy_basket(const Exchange& exchange, const BuyBody& body, Buy wanted, const Campaign& campaign);
  // A request with a copy of all that `wanted` views.
  Request* ask_to_buy(const Exchange& exchange, const Buy& wanted, const BuyHashes& hashes);
  // What this thread can refuse for certain without asking the owner; Outcome::ok: ask.
  Outcome refuse_early(const Buy& buy, const Hash128& buyer, RefusalDetails& details);
  bool may_have_units(const Buy& buy, const Hash128& buyer, const CampaignPut& rules) const;
  // The key that came with the request, empty without one; nothing: it is none, and that has been answered.
  std::optional<std::string_view> idempotency_key(const Exchange& exchange);

  // --- order_routes.cc: orders and places ---
  Request* show_order(const Exchange& exchange, std::string_view id);
  template <OrderAction action>
  Request* act(const Exchange& exchange, std::string_view id) {
    return command_order(id, action, exchange);
  }
  Request* show_place(const Exchange& exchange, std::string_view id);
  Request* leave_place(const Exchange& exchange, std::string_view id);
  Request* command_order(std::string_view id, OrderAction action, const Exchange& exchange);
  // Which offer `sku` is in the campaign of command.order. False: none.
  bool find_part(std::string_view sku, OrderCommand& command);
  // A request about the order or place of this name.
  Request* ask_about(std::string_view id, Request::Kind kind, const Exchange& exchange);

  // --- campaign_routes.cc: reading ---
  Request* list_campaigns(const Exchange& exchange, std::string_view);
  Request* show_campaign(const Exchange& exchange, std::string_view id);
  void append_campaign(std::string& body, const Campaign& campaign, Tick now);

  EngineDoor& door_;
  const Clock& clock_;
  Gatekeeper gate_;
  AudienceCheck audience_;
  std::vector<AudienceCheck> audiences_;  // of the other tenants, by id; as of snapshot audiences_number_
  std::uint64_t audiences_number_ = 0;
  BuyDecoder buy_decoder_;
  OrderDecoder order_decoder_;
  std::string key_buffer_;
};

// What each route of the public listener asks of a key.
std::vector<RouteScope> public_routes();

}  // namespace doorbuster
