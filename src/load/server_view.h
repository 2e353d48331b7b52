#pragma once
// What the server says about itself, read over HTTP.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "load/http_client.h"
#include "load/order_state.h"
#include "load/record.h"

namespace doorbuster::load {

struct OfferView {
  std::string sku;
  std::int64_t price = 0;  // in force; 0 when the server does not say
};

// GET /v1/campaigns/{campaign}
struct CampaignView {
  std::string id, state;
  std::optional<Tick> starts_at, ends_at;
  std::optional<std::uint32_t> limit_per_buyer;
  std::vector<OfferView> offers;
  // Server's wall clock minus ours, and how far off that can be.
  std::int64_t clock_offset_ns = 0;
  std::int64_t clock_error_ns = 0;
};

// GET /v1/admin/campaigns/{campaign}: units of one SKU.
struct StockView {
  std::string sku;
  std::int64_t allocated = 0, available = 0, held = 0, sold = 0;
  std::int64_t committed() const { return held + sold; }
};
struct StockReading {
  std::optional<std::uint32_t> limit_per_buyer, limit_per_buyer_total, hold_max_seconds;
  std::vector<StockView> offers;
};

// GET /v1/orders/{order} or /v1/waitlist/{ticket}
struct OrderView {
  std::string order, status, campaign, buyer, payment;
  std::vector<OrderLine> lines = {};  // one, but of a basket
  bool basket = false;
  Standing standing = Standing::none;  // of an offered place: its order's
  bool offered = false;
  bool refund_due = false;
  std::int64_t quantity = 0;   // in all lines
  std::int64_t confirmed = 0;  // 0: not said
  std::int64_t returned = 0;
};

Result<CampaignView> read_campaign(HttpClient& client, const std::string& campaign);
// The first campaign of GET /v1/campaigns that is active; an error that names what there is instead.
Result<std::string> first_active_campaign(HttpClient& client);
Result<StockReading> read_stock(HttpClient& admin, const std::string& campaign);
Result<OrderView> parse_order(std::string_view body);

}  // namespace doorbuster::load
