#include "doorbuster/http/public_handler.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/http/exchange.h"

namespace doorbuster {
namespace {

// What the body says by itself: without the offers that its SKUs are, and without its token.
Buy buy_of(const BuyBody& body, std::string_view key) {
  Buy buy;
  buy.quantity = body.quantity;
  buy.wait = body.wait;
  buy.expected_price = body.expected_price;
  buy.buyer = body.buyer;
  buy.key = key;
  buy.reference = body.reference;
  buy.channel = body.channel;
  buy.region = body.region;
  buy.segment = body.segment;
  return buy;
}

// The names of the identities, in the order of their values: what order they were sent in means nothing.
Identities hash_identities(const HashKey& table_key, std::span<const std::string_view> texts,
                           std::array<Hash128, kIdentitiesMax>& names) {
  const auto before = [](const Hash128& a, const Hash128& b) {
    return std::tie(a.low, a.high) < std::tie(b.low, b.high);
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Hash128 name = hash_identity(table_key, texts[i]);
    std::size_t at = i;
    for (; at > 0 && before(name, names[at - 1]); --at) names[at] = names[at - 1];
    names[at] = name;
  }
  return {names.data(), texts.size()};
}

}  // namespace

// The first that is asked for most. What has no row here is not there.
const PublicHandler::Route PublicHandler::kRoutes[] = {
    {Method::post, "/v1/buy", Scope::buy, &PublicHandler::buy, true},
    {Method::get, "/v1/orders/{order}", Scope::read, &PublicHandler::show_order},
    {Method::post, "/v1/orders/{order}/confirm", Scope::buy, &PublicHandler::act<OrderAction::confirm>},
    {Method::post, "/v1/orders/{order}/cancel", Scope::buy, &PublicHandler::act<OrderAction::cancel>},
    {Method::post, "/v1/orders/{order}/extend", Scope::buy, &PublicHandler::act<OrderAction::extend>},
    {Method::post, "/v1/orders/{order}/payment-failed", Scope::buy,
     &PublicHandler::act<OrderAction::payment_failed>},
    {Method::post, "/v1/orders/{order}/return", Scope::buy, &PublicHandler::act<OrderAction::give_back>},
    {Method::get, "/v1/waitlist/{order}", Scope::read, &PublicHandler::show_place},
    {Method::del, "/v1/waitlist/{order}", Scope::buy, &PublicHandler::leave_place},
    {Method::get, "/v1/campaigns", Scope::read, &PublicHandler::list_campaigns},
    {Method::get, "/v1/campaigns/{campaign}", Scope::read, &PublicHandler::show_campaign},
    {Method::get, "/v1/stream", Scope::read, &PublicHandler::stream},
    {Method::get, "/problems/{code}", Scope::open, &PublicHandler::show_problem},
};

std::vector<RouteScope> public_routes() {
  std::vector<RouteScope> routes;
  for (const PublicHandler::Route& route : PublicHandler::kRoutes) {
    routes.push_back({route.method, route.path, route.scope});
  }
  return routes;
}

PublicHandler::PublicHandler(EngineDoor& door, const Clock& clock, std::size_t body_bytes_max,
                             AudienceCheck audience, const AccessCell& access)
    : door_(door),
      clock_(clock),
      gate_(access),
      audience_(std::move(audience)),
      buy_decoder_(body_bytes_max),
      order_decoder_(body_bytes_max) {}

Request* PublicHandler::handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                               Outcome& outcome) {
  const auto found = find_route(kRoutes, http.method, http.path);
  const bool open = found.route != nullptr && found.route->scope == Scope::open;
  const Caller* caller = gate_.identify(http);
  if (caller == nullptr && !open) return refuse_unauthorized({http, context, out, outcome});
  const Exchange exchange{http, context, out, outcome, caller == nullptr ? Caller{} : *caller};
  if (open) return (this->*found.route->answer)(exchange, found.part);
  if (found.route != nullptr && !caller->scopes.has(found.route->scope)) {
    return refuse_scope(exchange, found.route->scope);
  }
  if (is_over_share(exchange)) return nullptr;
  if (found.route != nullptr && found.route->waits_for_room && lacks_room(exchange)) return nullptr;
  if (is_over_rate(exchange)) return nullptr;
  if (found.route != nullptr) return (this->*found.route->answer)(exchange, found.part);
  return found.allow.empty() ? exchange.refuse(Outcome::not_found) : exchange.refuse_method(found.allow);
}

Request* PublicHandler::stream(const Exchange& exchange, std::string_view) {
  return begin_stream(exchange, door_.catalog(), {.tenant = exchange.caller.tenant});
}

// Before anything is decoded: who asks too much costs as little as can be.
bool PublicHandler::is_over_share(const Exchange& exchange) {
  const TenantAccess& tenant = gate_.table().tenant(exchange.caller.tenant);
  const bool limited = tenant.requests_max < kRequestsPerThreadMax;
  if (!limited || door_.in_use(tenant.id) < tenant.requests_max) return false;
  tenant.meter->count_share_limited();
  exchange.refuse(Outcome::rate_limited,
                  {.detail = "As many requests are under way as this tenant may have at once."});
  return true;
}

// Before it costs its tenant anything, because it comes again. For buys only: reads are refused at once, and
// for what happens to orders a part of the pool is kept.
bool PublicHandler::lacks_room(const Exchange& exchange) {
  const RequestContext& context = exchange.context;
  if (context.draining || (!context.others_wait && door_.has_room(Request::Kind::buy))) return false;
  if (context.waits != nullptr) {
    *context.waits = true;
  } else {
    exchange.refuse(Outcome::overloaded);
  }
  return true;
}

bool PublicHandler::is_over_rate(const Exchange& exchange) {
  const TenantAccess& tenant = gate_.table().tenant(exchange.caller.tenant);
  if (!tenant.rate_limit) return false;
  const std::int64_t wait_ns = tenant.meter->rate.take(*tenant.rate_limit, exchange.context.received_ns);
  if (wait_ns == 0) return false;
  tenant.meter->count_rate_limited();
  exchange.refuse(Outcome::rate_limited, {.retry_after_ns = wait_ns});
  return true;
}

// Only what would cost a shard something: a refusal that is known here costs no more than this one, and ends
// the asking.
bool PublicHandler::is_shed(const Exchange& exchange, std::int64_t turn_ms_max) {
  if (exchange.context.turn_ns <= turn_ms_max * kNsPerMillisecond) return false;
  if (exchange.context.shed != nullptr) *exchange.context.shed = true;
  exchange.refuse(Outcome::overloaded,
                  {.detail = "More is asked than the server can answer in time. Nothing was decided."});
  return true;
}

// A library that fails leaves a tenant without tokens, and refuses what they would have said.
AudienceCheck& PublicHandler::audience_of(TenantId tenant) {
  if (tenant == kDefaultTenant) return audience_;
  if (audiences_number_ != gate_.table_number()) {
    audiences_number_ = gate_.table_number();
    audiences_.clear();
    for (const TenantAccess& each : gate_.table().tenants()) {
      if (audiences_.size() <= each.id.value) audiences_.resize(each.id.value + 1);
      const AudienceTokenOptions& options = each.audience_tokens;
      if (options.secrets.empty()) continue;
      auto tokens = AudienceTokens::make(options.secrets);
      audiences_[each.id.value] = {.tokens = tokens ? std::move(*tokens) : nullptr,
                                   .required = options.required};
    }
  }
  return audiences_[tenant.value];
}

// The page behind a problem's `type`: what the code means, for people.
Request* PublicHandler::show_problem(const Exchange& exchange, std::string_view name) {
  std::string code(name);
  std::replace(code.begin(), code.end(), '-', '_');
  for (int i = 0; i < kOutcomeCount; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (http_status(outcome) < 400 || outcome_code(outcome) != code) continue;
    return exchange.answer("text/plain; charset=utf-8", code + ": " + std::string(http_title(outcome)) +
                                                            "\nStatus " +
                                                            std::to_string(http_status(outcome)) +
                                                            ". The refusal's `detail` says what to do.\n");
  }
  return exchange.refuse(Outcome::not_found);
}

std::optional<std::string_view> PublicHandler::idempotency_key(const Exchange& exchange) {
  std::string_view key;
  if (!exchange.http.has_idempotency_key ||
      decode_idempotency_key(exchange.http.idempotency_key, key_buffer_, key)) {
    return key;
  }
  exchange.refuse(Outcome::malformed_request,
                  {.detail = "Idempotency-Key must be 1 to 255 printable ASCII characters, quoted or not."});
  return std::nullopt;
}

Request* PublicHandler::buy(const Exchange& exchange, std::string_view) {
  const HttpRequest& http = exchange.http;
  if (exchange.context.draining) return exchange.refuse(Outcome::draining);
  if (!http.has_content_length) return exchange.refuse(Outcome::length_required);
  if (!exchange.has_json()) return exchange.refuse(Outcome::unsupported_media_type);
  const auto key = idempotency_key(exchange);
  if (!key) return nullptr;
  BuyBody body;
  if (!buy_decoder_.decode(http.body, body)) {
    return exchange.refuse(buy_decoder_.outcome(), {.detail = buy_decoder_.detail()});
  }

  Buy wanted = buy_of(body, *key);
  if (!take_token(exchange, body, wanted)) return nullptr;

  const Campaign* campaign = door_.catalog().find_campaign(exchange.caller.tenant, body.campaign);
  if (campaign == nullptr) return exchange.refuse(Outcome::campaign_not_found);
  return body.lines.empty() ? buy_sku(exchange, body, wanted, *campaign)
                            : buy_basket(exchange, body, wanted, *campaign);
}

// A token that does not hold is no answer yet: the order of the buy's key comes before it, and the window
// too.
bool PublicHandler::take_token(const Exchange& exchange, const BuyBody& body, Buy& wanted) {
  AudienceCheck& audience = audience_of(exchange.caller.tenant);
  if (audience.required && !(body.region.empty() && body.segment.empty() && body.channel.empty())) {
    exchange.refuse(
        Outcome::validation_failed,
        {.detail = "\"region\", \"segment\" and \"channel\" are taken from a signed \"token\" only."});
    return false;
  }
  if (body.token.empty()) return true;
  if (audience.tokens == nullptr) {
    exchange.refuse(Outcome::validation_failed,
                    {.detail = "This server takes no \"token\": server.audience_tokens is not configured."});
    return false;
  }
  AudienceClaims claims;
  const TokenBearer bearer = {body.buyer, body.campaign, clock_.wall_now()};
  if (!audience.tokens->verify(body.token, bearer, claims, wanted.token_fault)) {
    exchange.refuse(Outcome::malformed_request, {.detail = audience.tokens->detail()});
    return false;
  }
  wanted.region = claims.region;
  wanted.segment = claims.segment;
  wanted.channel = claims.channel;
  return true;
}

Request* PublicHandler::buy_sku(const Exchange& exchange, const BuyBody& body, Buy wanted,
                                const Campaign& campaign) {
  const Offer* offer = door_.catalog().find_offer(campaign.definition.campaign, body.sku);
  if (offer == nullptr) {
    return exchange.refuse(campaign.definition.listed ? Outcome::sku_not_found : Outcome::campaign_not_found);
  }
  const HashKey& table_key = door_.keys().table_key;
  std::array<Hash128, kIdentitiesMax> names;
  wanted.offer = offer->definition.offer;
  wanted.identities = hash_identities(table_key, body.identity_texts(), names);
  const BuyHashes hashes = hash_buy(table_key, wanted);
  // With a key the owner is asked: the order may be kept there, and then the answer is the order.
  if (wanted.key.empty()) {
    RefusalDetails details;
    const Outcome early = refuse_early(wanted, hashes.buyer, details);
    if (early != Outcome::ok) return exchange.refuse(early, details);
  }
  return ask_to_buy(exchange, wanted, hashes);
}

// Each SKU once, in the order of the offers. Of stock and limits only the owners know enough.
Request* PublicHandler::buy_basket(const Exchange& exchange, const BuyBody& body, Buy wanted,
                                   const Campaign& campaign) {
  std::array<OrderLine, kBasketLinesMax> lines;
  OrderLine* end = lines.data();
  wanted.quantity = 0;
  for (const BuyLine& line : body.lines) {
    const Offer* offer = door_.catalog().find_offer(campaign.definition.campaign, line.sku);
    const bool kept = !wanted.key.empty();  // perhaps: the order may have been there before its SKUs went
    if (!campaign.definition.listed && (offer == nullptr || !kept)) {
      return exchange.refuse(Outcome::campaign_not_found);
    }
    if (offer == nullptr || (!offer->definition.listed && !kept)) {
      return exchange.refuse(Outcome::sku_not_found, {.sku = line.sku});
    }
    const OfferIndex index = offer->definition.offer;
    OrderLine* at =
        std::find_if(lines.data(), end, [&](const OrderLine& other) { return other.offer >= index; });
    if (at == end || at->offer != index) {
      std::move_backward(at, end, end + 1);
      ++end;
      *at = {.offer = index};
    }
    at->quantity += line.quantity;
    wanted.quantity += line.quantity;
  }
  wanted.lines = {lines.data(), end};
  wanted.offer = lines.front().offer;
  const HashKey& table_key = door_.keys().table_key;
  std::array<Hash128, kIdentitiesMax> names;
  wanted.identities = hash_identities(table_key, body.identity_texts(), names);
  return ask_to_buy(exchange, wanted, hash_buy(table_key, wanted));
}

Request* PublicHandler::ask_to_buy(const Exchange& exchange, const Buy& wanted, const BuyHashes& hashes) {
  const std::string_view prefer = exchange.http.prefer;
  if (is_shed(exchange, kBuyTurnMsMax)) return nullptr;
  Request* request = door_.take(exchange.caller.tenant, Request::Kind::buy);
  DOORBUSTER_CHECK(request != nullptr);  // lacks_room() has asked, on this thread
  request->about_place = false;
  // A basket is decided when its record is durable, so there is nothing to tell before.
  request->answer_when_decided =
      wanted.lines.empty() && !prefer.empty() && header_list_has(prefer, "respond-async");
  Buy& buy = request->buy;
  buy = wanted;
  for (std::string_view* text :
       {&buy.buyer, &buy.key, &buy.reference, &buy.channel, &buy.region, &buy.segment}) {
    *text = request->keep(*text);
  }
  std::copy(wanted.identities.begin(), wanted.identities.end(), request->identities.begin());
  buy.identities = {request->identities.data(), wanted.identities.size()};
  std::copy(wanted.lines.begin(), wanted.lines.end(), request->lines.begin());
  buy.lines = {request->lines.data(), wanted.lines.size()};
  request->hashes = hashes;
  return request;
}

Outcome PublicHandler::refuse_early(const Buy& buy, const Hash128& buyer, RefusalDetails& details) {
  const Catalog& catalog = door_.catalog();
  const Offer& offer = catalog.offer(buy.offer);
  const CampaignPut& rules = catalog.campaign_of(buy.offer).definition;
  if (!rules.listed) return Outcome::campaign_not_found;
  if (!offer.definition.listed) return Outcome::sku_not_found;
  const Tick now = clock_.wall_now();
  const CampaignPhase phase = campaign_phase(rules, now);
  switch (phase.state) {
    case CampaignState::scheduled:
    case CampaignState::armed:
      // In a window that has begun it waits for its stock, from one moment to the next.
      details.starts_at = std::max(phase.window.from, now);
      details.now = now;
      return Outcome::campaign_not_started;
    case CampaignState::paused:
      return Outcome::campaign_paused;
    case CampaignState::ended:
      return Outcome::campaign_ended;
    case CampaignState::active:
      break;
  }
  details.rule = catalog.leaves_out(buy.offer, buy);
  if (details.rule != AudienceRule::none) {
    details.detail = token_fault_detail(buy.token_fault);
    return Outcome::not_eligible;
  }
  for (const std::uint32_t limit : {rules.limit_per_buyer, rules.limit_per_buyer_total}) {
    if (limit != 0 && buy.quantity > limit) return Outcome::limit_reached;
  }
  // Sold out for good, but the checks before the stock's have the first word.
  if (!door_.board().sold_out(buy.offer) || may_have_units(buy, buyer, rules)) return Outcome::ok;
  const std::int64_t price = offer.price(now);
  if (buy.expected_price != Buy::kNoExpectedPrice && price > buy.expected_price) {
    details.price = price;
    return Outcome::price_changed;
  }
  return Outcome::sold_out;
}

// Whether one of the names may have units that count against a limit: the owner knows.
bool PublicHandler::may_have_units(const Buy& buy, const Hash128& buyer, const CampaignPut& rules) const {
  const auto may_have = [&](const Hash128& name) {
    const Board& board = door_.board();
    return (rules.limit_per_buyer != 0 && board.may_have_bought(offer_limit_key(name, buy.offer))) ||
           (rules.limit_per_buyer_total != 0 &&
            board.may_have_bought(campaign_limit_key(name, rules.campaign)));
  };
  return may_have(buyer) || std::any_of(buy.identities.begin(), buy.identities.end(), may_have);
}

}  // namespace doorbuster
