#include "doorbuster/http/public_handler.h"

#include <array>
#include <string>
#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::string_view kBuyPath = "/v1/buy";
constexpr std::string_view kOrdersPath = "/v1/orders/";
constexpr std::string_view kCampaignsPath = "/v1/campaigns";
constexpr std::string_view kProblemsPath = "/problems/";
constexpr std::string_view kJson = "application/json";

bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t')) {
    content_type.remove_suffix(1);
  }
  return header_list_has(content_type, kJson) && content_type.size() == kJson.size();
}

bool reads(Method method) {
  return method == Method::get || method == Method::head;
}

Outcome append_not_allowed(std::string& out, const ReplyFrame& frame, std::string_view allow) {
  append_refusal(out, frame, Outcome::method_not_allowed, {.allow = allow});
  return Outcome::method_not_allowed;
}

// The page behind a problem's `type`: what the code means, for people.
Outcome append_problem_page(std::string& out, const ReplyFrame& frame, std::string_view name) {
  std::string code(name);
  for (char& c : code) c = c == '-' ? '_' : c;
  for (int i = 0; i < kOutcomeCount; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (http_status(outcome) < 400 || outcome_code(outcome) != code) continue;
    std::string page = code + ": " + std::string(http_title(outcome)) + "\n" + "Status " +
                       std::to_string(http_status(outcome)) + ". The refusal's `detail` says what to do.\n";
    append_reply(out, frame, 200, "text/plain; charset=utf-8", page);
    return Outcome::ok;
  }
  append_refusal(out, frame, Outcome::not_found);
  return Outcome::not_found;
}

}  // namespace

PublicHandler::PublicHandler(EngineDoor& door, const Clock& clock, std::size_t body_bytes_max)
    : door_(door), clock_(clock), decoder_(body_bytes_max) {}

Request* PublicHandler::handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                               Outcome& outcome) {
  const ReplyFrame& frame = context.frame;
  if (http.path == kBuyPath) {
    if (http.method == Method::post) return buy(http, context, out, outcome);
    outcome = append_not_allowed(out, frame, "POST");
    return nullptr;
  }
  const bool order = http.path.starts_with(kOrdersPath);
  const bool campaigns = http.path == kCampaignsPath || http.path.starts_with("/v1/campaigns/");
  const bool problem = http.path.starts_with(kProblemsPath);
  if (!order && !campaigns && !problem) {
    outcome = Outcome::not_found;
    append_refusal(out, frame, outcome);
    return nullptr;
  }
  if (!reads(http.method)) {
    outcome = append_not_allowed(out, frame, "GET, HEAD");
    return nullptr;
  }
  if (order) return find_order(http.path.substr(kOrdersPath.size()), http, context, out, outcome);
  outcome = Outcome::ok;
  if (problem) {
    outcome = append_problem_page(out, frame, http.path.substr(kProblemsPath.size()));
  } else if (http.path == kCampaignsPath) {
    list_campaigns(context, out);
  } else {
    outcome = show_campaign(http.path.substr(kCampaignsPath.size() + 1), context, out);
  }
  return nullptr;
}

Request* PublicHandler::buy(const HttpRequest& http, const RequestContext& context, std::string& out,
                            Outcome& outcome) {
  const auto refuse = [&](Outcome why, const RefusalDetails& details = {}) -> Request* {
    outcome = why;
    append_refusal(out, context.frame, why, details);
    return nullptr;
  };
  if (context.draining) return refuse(Outcome::draining);
  if (!http.has_content_length) return refuse(Outcome::length_required);
  if (!http.has_content_type || !is_json(http.content_type)) return refuse(Outcome::unsupported_media_type);
  std::string_view key;
  if (http.has_idempotency_key && !decode_idempotency_key(http.idempotency_key, key_buffer_, key)) {
    return refuse(Outcome::malformed_request,
                  {.detail = "Idempotency-Key must be 1 to 255 printable ASCII characters, quoted or not."});
  }
  BuyBody body;
  if (!decoder_.decode(http.body, body)) return refuse(decoder_.outcome(), {.detail = decoder_.detail()});

  const Catalog& catalog = door_.catalog();
  const Campaign* campaign = catalog.find_campaign(kDefaultTenant, body.campaign);
  if (campaign == nullptr) return refuse(Outcome::campaign_not_found);
  const Offer* offer = catalog.find_offer(campaign->definition.campaign, body.sku);
  if (offer == nullptr)
    return refuse(campaign->definition.listed ? Outcome::sku_not_found : Outcome::campaign_not_found);

  Buy wanted;
  wanted.offer = offer->definition.offer;
  wanted.quantity = body.quantity;
  wanted.expected_price = body.expected_price;
  wanted.buyer = body.buyer;
  wanted.key = key;
  const BuyHashes hashes = hash_buy(door_.keys().table_key, wanted);
  // With a key the owner is asked: the order may be kept there, and then the answer is the order.
  if (key.empty()) {
    RefusalDetails details;
    const Outcome early = refuse_early(wanted, *campaign, *offer, hashes.buyer, clock_.wall_now(), details);
    if (early != Outcome::ok) return refuse(early, details);
  }

  Request* request = door_.take();
  if (request == nullptr) return refuse(Outcome::overloaded);
  request->kind = Request::Kind::buy;
  request->answer_when_decided = !http.prefer.empty() && header_list_has(http.prefer, "respond-async");
  request->buy = wanted;
  request->buy.buyer = request->keep(body.buyer);
  request->buy.key = request->keep(key);
  request->buy.reference = request->keep(body.reference);
  request->buy.channel = request->keep(body.channel);
  request->buy.region = request->keep(body.region);
  request->buy.segment = request->keep(body.segment);
  request->hashes = hashes;
  return request;
}

Outcome PublicHandler::refuse_early(const Buy& buy, const Campaign& campaign, const Offer& offer,
                                    const Hash128& buyer, Tick now, RefusalDetails& details) const {
  const CampaignPut& rules = campaign.definition;
  if (!rules.listed) return Outcome::campaign_not_found;
  if (!offer.definition.listed) return Outcome::sku_not_found;
  switch (campaign_state(rules, now)) {
    case CampaignState::scheduled:
      details.starts_at = rules.starts_at;
      details.now = now;
      return Outcome::campaign_not_started;
    case CampaignState::ended:
      return Outcome::campaign_ended;
    default:
      break;
  }
  if (!door_.board().sold_out(buy.offer)) return Outcome::ok;
  // Sold out for good, but the checks before the stock's have the first word.
  if (rules.limit_per_buyer != 0) {
    if (buy.quantity > rules.limit_per_buyer) return Outcome::limit_reached;
    if (door_.board().may_have_bought(buyer)) return Outcome::ok;
  }
  if (buy.expected_price != Buy::kNoExpectedPrice && offer.definition.price > buy.expected_price) {
    details.price = offer.definition.price;
    return Outcome::price_changed;
  }
  return Outcome::sold_out;
}

Request* PublicHandler::find_order(std::string_view id, const HttpRequest& http,
                                   const RequestContext& context, std::string& out, Outcome& outcome) {
  const auto number = parse_order_id(door_.keys().order_id_key, id);
  Request* request = number ? door_.take() : nullptr;
  if (request == nullptr) {
    outcome = number ? Outcome::overloaded : Outcome::order_not_found;
    append_refusal(out, context.frame, outcome);
    return nullptr;
  }
  request->kind = Request::Kind::find_order;
  request->order_number = *number;
  request->head_only = http.method == Method::head;
  return request;
}

void PublicHandler::append_answer(const Request& request, const ReplyFrame& frame, std::string& out) {
  if (request.outcome != Outcome::confirmed && request.outcome != Outcome::ok) {
    RefusalDetails details;
    if (request.outcome == Outcome::campaign_not_started) {
      details.starts_at = door_.catalog().campaign_of(request.buy.offer).definition.starts_at;
      details.now = clock_.wall_now();
    }
    details.price = request.price;
    return append_refusal(out, frame, request.outcome, details);
  }
  const OfferPut& offer = door_.catalog().offer(request.order.number.offer()).definition;
  const OrderReply reply = {.id = format_order_id(door_.keys().order_id_key, request.order.number),
                            .order = &request.order,
                            .campaign = &door_.catalog().campaign(offer.campaign).definition,
                            .offer = &offer,
                            .durable = request.durable && !request.answer_when_decided,
                            .replayed = request.replayed,
                            .async = request.answer_when_decided};
  if (request.kind == Request::Kind::find_order) return append_order_view(out, frame, reply);
  append_order_created(out, frame, reply);
}

// --- reading
// ------------------------------------------------------------------------------------------------------

void PublicHandler::append_campaign(std::string& body, const Campaign& campaign, Tick now) {
  const CampaignPut& put = campaign.definition;
  const CampaignState state = campaign_state(put, now);
  body += "{\"id\":\"" + put.id + "\",\"name\":";
  append_json_string(body, put.name);
  body += ",\"currency\":\"" + put.currency + "\",\"state\":\"";
  body += campaign_state_name(state);
  body += "\",\"starts_at\":\"" + format_rfc3339(put.starts_at) + "\",\"ends_at\":\"" +
          format_rfc3339(put.ends_at);
  body += "\",\"limit_per_buyer\":" + std::to_string(put.limit_per_buyer) + ",\"offers\":[";
  bool first = true;
  for (const OfferIndex index : campaign.offers) {
    const OfferPut& offer = door_.catalog().offer(index).definition;
    if (!first) body += ',';
    first = false;
    body += "{\"sku\":\"" + offer.sku + "\",\"price\":" + std::to_string(offer.price) +
            ",\"list_price\":" + std::to_string(offer.list_price) + ",\"availability\":\"";
    const bool sold_out = door_.board().sold_out(index);
    body += state != CampaignState::active ? "not_on_sale" : sold_out ? "sold_out" : "on_sale";
    body += '"';
    if (put.show_remaining) body += ",\"remaining\":" + std::to_string(door_.board().remaining(index));
    body += '}';
  }
  body += ']';
}

void PublicHandler::list_campaigns(const RequestContext& context, std::string& out) {
  const Tick now = clock_.wall_now();
  std::string body = "{\"server_time\":\"" + format_rfc3339(now) + "\",\"campaigns\":[";
  bool first = true;
  for (const Campaign& campaign : door_.catalog().campaigns()) {
    if (!campaign.definition.listed) continue;
    if (!first) body += ',';
    first = false;
    append_campaign(body, campaign, now);
    body += '}';
  }
  body += "]}";
  append_reply(out, context.frame, 200, kJson, body);
}

Outcome PublicHandler::show_campaign(std::string_view id, const RequestContext& context, std::string& out) {
  const Campaign* campaign = door_.catalog().find_campaign(kDefaultTenant, id);
  if (campaign == nullptr || !campaign->definition.listed) {
    append_refusal(out, context.frame, Outcome::campaign_not_found);
    return Outcome::campaign_not_found;
  }
  const Tick now = clock_.wall_now();
  std::string body;
  append_campaign(body, *campaign, now);
  body += ",\"server_time\":\"" + format_rfc3339(now) + "\"}";
  append_reply(out, context.frame, 200, kJson, body);
  return Outcome::ok;
}

}  // namespace doorbuster
