#include "load/server_view.h"

#include <fmt/format.h>

#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/text.h"
#include "doorbuster/platform/clock.h"

namespace doorbuster::load {
namespace {

std::string string_member(const JsonNode& object, std::string_view name) {
  const JsonNode* member = object.find(name);
  return member != nullptr && member->is(JsonType::string) ? std::string(member->string()) : std::string();
}

std::optional<std::int64_t> integer_member(const JsonNode& object, std::string_view name) {
  const JsonNode* member = object.find(name);
  if (member == nullptr || !member->is(JsonType::integer)) return std::nullopt;
  return member->integer();
}

std::optional<std::uint32_t> small_member(const JsonNode& object, std::string_view name) {
  const auto number = integer_member(object, name);
  if (!number || !std::in_range<std::uint32_t>(*number)) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

tl::unexpected<Error> not_understood(std::string_view what, std::string_view why) {
  return fail(ErrorKind::runtime, fmt::format("{} is not what the contract says: {}", what, why));
}

Result<JsonDocument> parse_reply(std::string_view what, std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document) return not_understood(what, document.error().message);
  if (!document->root().is(JsonType::object)) return not_understood(what, "no JSON object");
  return std::move(*document);
}

// The SKU and units of an order, or the lines of a basket, whose total must be theirs.
Status read_lines(const JsonNode& root, OrderView& view) {
  const auto read_line = [&](const JsonNode& node) {
    const auto quantity = small_member(node, "quantity").value_or(0);
    view.lines.push_back({string_member(node, "sku"), quantity});
    view.quantity += quantity;
    return quantity * integer_member(node, "unit_price").value_or(0);
  };
  const JsonNode* lines = root.find("lines");
  view.basket = lines != nullptr;
  if (!view.basket) {
    read_line(root);
    return {};
  }
  if (!lines->is(JsonType::array)) return not_understood("the order", "`lines` is no array");
  std::int64_t total = 0;
  for (const JsonNode& line : lines->children()) total += read_line(line);
  if (integer_member(root, "total") == total) return {};
  return not_understood("the order", fmt::format("its lines come to {}, and `total` is not that", total));
}

}  // namespace

Result<CampaignView> read_campaign(HttpClient& client, const std::string& campaign) {
  const std::string path = "/v1/campaigns/" + campaign;
  const SystemClock clock;
  const Tick before = clock.wall_now();
  const Result<std::string> body = client.get(path);
  const Tick after = clock.wall_now();
  if (!body) return tl::unexpected(body.error());
  const Result<JsonDocument> document = parse_reply(path, *body);
  if (!document) return tl::unexpected(document.error());

  const JsonNode& root = document->root();
  CampaignView view;
  view.id = string_member(root, "id");
  view.state = string_member(root, "state");
  view.starts_at = parse_rfc3339(string_member(root, "starts_at"));
  view.ends_at = parse_rfc3339(string_member(root, "ends_at"));
  view.limit_per_buyer = small_member(root, "limit_per_buyer");
  if (const auto server_time = parse_rfc3339(string_member(root, "server_time"))) {
    view.clock_offset_ns = server_time->ns - (before.ns + (after.ns - before.ns) / 2);
    view.clock_error_ns =
        after.ns - before.ns + 2 * kNsPerMillisecond;  // the text may be cut to milliseconds
  } else {
    view.starts_at = view.ends_at = std::nullopt;  // nothing to compare with
  }
  const JsonNode* offers = root.find("offers");
  if (offers == nullptr || !offers->is(JsonType::array)) return not_understood(path, "no array `offers`");
  for (const JsonNode& offer : offers->children()) {
    std::string sku = string_member(offer, "sku");
    if (!is_identifier(sku)) return not_understood(path, "an offer without a `sku`");
    view.offers.push_back({std::move(sku), integer_member(offer, "price").value_or(0)});
  }
  if (view.offers.empty()) return not_understood(path, "the campaign has no offers");
  return view;
}

Result<std::string> first_active_campaign(HttpClient& client) {
  const std::string path = "/v1/campaigns";
  const Result<std::string> body = client.get(path);
  if (!body) return tl::unexpected(body.error());
  const Result<JsonDocument> document = parse_reply(path, *body);
  if (!document) return tl::unexpected(document.error());
  const JsonNode* campaigns = document->root().find("campaigns");
  if (campaigns == nullptr || !campaigns->is(JsonType::array))
    return not_understood(path, "no array `campaigns`");
  std::string others;
  for (const JsonNode& campaign : campaigns->children()) {
    std::string id = string_member(campaign, "id");
    const std::string state = string_member(campaign, "state");
    if (state == "active" && is_identifier(id)) return id;
    others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", id, state);
  }
  return fail(ErrorKind::runtime, fmt::format("{} has no active campaign{}{}; name one with --campaign",
                                              client.target().url(), others.empty() ? "" : ": ", others));
}

Result<StockReading> read_stock(HttpClient& admin, const std::string& campaign) {
  const std::string path = "/v1/admin/campaigns/" + campaign;
  const Result<std::string> body = admin.get(path);
  if (!body) return tl::unexpected(body.error());
  const Result<JsonDocument> document = parse_reply(path, *body);
  if (!document) return tl::unexpected(document.error());
  const JsonNode* offers = document->root().find("offers");
  if (offers == nullptr || !offers->is(JsonType::array)) return not_understood(path, "no array `offers`");
  StockReading reading;
  reading.limit_per_buyer = small_member(document->root(), "limit_per_buyer");
  reading.limit_per_buyer_total = small_member(document->root(), "limit_per_buyer_total");
  reading.hold_max_seconds = small_member(document->root(), "hold_max_seconds");
  for (const JsonNode& offer : offers->children()) {
    const auto allocated = integer_member(offer, "allocated");
    const auto available = integer_member(offer, "available");
    const auto held = integer_member(offer, "held");
    const auto sold = integer_member(offer, "sold");
    if (!allocated || !available || !held || !sold) {
      return not_understood(path, "an offer without `allocated`, `available`, `held` and `sold`");
    }
    reading.offers.push_back({string_member(offer, "sku"), *allocated, *available, *held, *sold});
  }
  return reading;
}

Result<OrderView> parse_order(std::string_view body) {
  const Result<JsonDocument> document = parse_reply("the order", body);
  if (!document) return tl::unexpected(document.error());
  const JsonNode& root = document->root();
  OrderView view{.order = string_member(root, "ticket"),
                 .status = string_member(root, "status"),
                 .campaign = string_member(root, "campaign"),
                 .buyer = string_member(root, "buyer"),
                 .payment = string_member(root, "payment_reference"),
                 .confirmed = integer_member(root, "confirmed_quantity").value_or(0),
                 .returned = integer_member(root, "returned_quantity").value_or(0)};
  if (const Status read = read_lines(root, view); !read) return tl::unexpected(read.error());
  if (view.order.empty()) view.order = string_member(root, "order");
  view.offered = view.status == "offered";
  view.standing = standing_of(view.offered ? string_member(root, "order_status") : view.status);
  const JsonNode* refund_due = root.find("refund_due");
  view.refund_due = refund_due != nullptr && refund_due->is(JsonType::boolean) && refund_due->boolean();
  return view;
}

}  // namespace doorbuster::load
