#include "doorbuster/engine/engine.h"

#include <cstring>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

constexpr std::size_t kOrderTextBytesMax = kIdentifierBytesMax * 4 + kIdempotencyKeyBytesMax +
                                           kReferenceBytesMax;  // buyer, channel, region, segment

}  // namespace

BuyHashes hash_buy(const HashKey& table_key, const Buy& buy) {
  BuyHashes hashes;
  hashes.buyer = keyed_hash(table_key, buy.offer.value, buy.buyer);
  if (!buy.key.empty()) hashes.key = keyed_hash(table_key, buy.offer.value, buy.key);
  return hashes;
}

Engine::Engine(const EngineOptions& options)
    : options_(options),
      catalog_(std::make_shared<const Catalog>()),
      rows_(options.orders_max),
      texts_(options.orders_max * kOrderTextBytesMax) {
  DOORBUSTER_CHECK(options.shard < options.shards && options.orders_max <= kOrdersMax);
  slot_by_key_.reserve(options.orders_max);
  buyer_units_.reserve(options.orders_max);
  slot_by_number_.reserve(options.orders_max);
}

void Engine::install(CatalogPointer catalog) {
  catalog_ = std::move(catalog);
  offers_.resize(catalog_->offers().size());
  for (const Offer& offer : catalog_->offers()) {
    const OfferPut& definition = offer.definition;
    if (!owns(definition.offer)) continue;
    const CampaignPut& campaign = catalog_->campaign(definition.campaign).definition;
    OfferState& state = offers_[definition.offer.value];
    DOORBUSTER_CHECK(definition.stock >= state.held + state.sold);
    state.allocated = definition.stock;
    state.price = definition.price;
    state.starts_at = campaign.starts_at;
    state.ends_at = campaign.ends_at;
    state.limit_per_buyer = campaign.limit_per_buyer;
    state.campaign_listed = campaign.listed;
    state.offer_listed = definition.listed;
  }
}

Decision Engine::decide(const Buy& buy, const BuyHashes& hashes, Tick now) const {
  Decision decision;
  const auto refused = [&decision](Outcome outcome) {
    decision.outcome = outcome;
    return decision;
  };

  if (!buy.key.empty()) {
    if (const auto found = slot_by_key_.find(hashes.key); found != slot_by_key_.end()) {
      decision.slot = {found->second};
      decision.order = order(decision.slot);
      if (!same_request(buy, decision.order)) return refused(Outcome::idempotency_key_reused);
      decision.replayed = true;
      decision.outcome = Outcome::confirmed;
      return decision;
    }
  }

  const OfferState& offer = offers_[buy.offer.value];
  if (!offer.campaign_listed) return refused(Outcome::campaign_not_found);
  if (!offer.offer_listed) return refused(Outcome::sku_not_found);

  if (now < offer.starts_at) return refused(Outcome::campaign_not_started);
  if (now >= offer.ends_at) return refused(Outcome::campaign_ended);

  if (offer.limit_per_buyer != 0) {
    const auto units = buyer_units_.find(hashes.buyer);
    const std::uint64_t had = units == buyer_units_.end() ? 0 : units->second;
    if (had + buy.quantity > offer.limit_per_buyer) return refused(Outcome::limit_reached);
  }

  if (buy.expected_price != Buy::kNoExpectedPrice && offer.price > buy.expected_price) {
    decision.price = offer.price;
    return refused(Outcome::price_changed);
  }

  if (offer.available() < buy.quantity) {
    const bool may_come_back = offer.held > 0 && offer.available() == 0;
    return refused(may_come_back ? Outcome::all_held : Outcome::sold_out);
  }

  if (orders_count_ >= options_.orders_max) return refused(Outcome::overloaded);

  decision.outcome = Outcome::confirmed;
  decision.order = {
      .number = OrderNumber::make(buy.offer, offer.orders + 1),
      .quantity = buy.quantity,
      .unit_price = offer.price,
      .expected_price = buy.expected_price,
      .decided_at = now,
      .buyer = buy.buyer,
      .key = buy.key,
      .reference = buy.reference,
      .channel = buy.channel,
      .region = buy.region,
      .segment = buy.segment,
  };
  return decision;
}

bool Engine::same_request(const Buy& buy, const Order& first) const {
  return buy.quantity == first.quantity && buy.expected_price == first.expected_price &&
         buy.buyer == first.buyer && buy.reference == first.reference;
}

bool Engine::apply(const Order& order, const BuyHashes& hashes, OrderSlot& slot) {
  const OfferIndex index = order.number.offer();
  if (index.value >= offers_.size() || !owns(index) || orders_count_ >= options_.orders_max) return false;
  OfferState& offer = offers_[index.value];
  if (order.number.ordinal() != offer.orders + 1 || offer.available() < order.quantity) return false;
  if (!order.key.empty() && slot_by_key_.contains(hashes.key)) return false;

  slot = store(order);
  offer.sold += order.quantity;
  ++offer.orders;
  buyer_units_[hashes.buyer] += order.quantity;
  if (!order.key.empty()) slot_by_key_.emplace(hashes.key, slot.value);
  slot_by_number_.emplace(order.number.value, slot.value);
  DOORBUSTER_CHECK(offer.available() >= 0);
  return true;
}

OrderSlot Engine::store(const Order& order) {
  OrderRow& row = rows_[orders_count_];
  row = {
      .number = order.number.value,
      .unit_price = order.unit_price,
      .expected_price = order.expected_price,
      .decided_ns = order.decided_at.ns,
      .text = text_bytes_,
      .quantity = order.quantity,
      .buyer_bytes = static_cast<std::uint8_t>(order.buyer.size()),
      .key_bytes = static_cast<std::uint8_t>(order.key.size()),
      .reference_bytes = static_cast<std::uint8_t>(order.reference.size()),
      .channel_bytes = static_cast<std::uint8_t>(order.channel.size()),
      .region_bytes = static_cast<std::uint8_t>(order.region.size()),
      .segment_bytes = static_cast<std::uint8_t>(order.segment.size()),
      .unused = {},
  };
  for (const std::string_view text :
       {order.buyer, order.key, order.reference, order.channel, order.region, order.segment}) {
    if (!text.empty()) std::memcpy(texts_.data() + text_bytes_, text.data(), text.size());
    text_bytes_ += text.size();
  }
  DOORBUSTER_CHECK(text_bytes_ <= texts_.capacity());
  return {static_cast<std::uint32_t>(orders_count_++)};
}

std::optional<OrderSlot> Engine::find(OrderNumber number) const {
  const auto found = slot_by_number_.find(number.value);
  if (found == slot_by_number_.end()) return std::nullopt;
  return OrderSlot{found->second};
}

Order Engine::order(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  const char* at = texts_.data() + row.text;
  const auto take = [&at](std::size_t bytes) {
    const std::string_view text(at, bytes);
    at += bytes;
    return text;
  };
  Order order;
  order.number = {row.number};
  order.quantity = row.quantity;
  order.unit_price = row.unit_price;
  order.expected_price = row.expected_price;
  order.decided_at = {row.decided_ns};
  order.buyer = take(row.buyer_bytes);
  order.key = take(row.key_bytes);
  order.reference = take(row.reference_bytes);
  order.channel = take(row.channel_bytes);
  order.region = take(row.region_bytes);
  order.segment = take(row.segment_bytes);
  return order;
}

OfferStock Engine::stock(OfferIndex offer) const {
  const OfferState& state = offers_[offer.value];
  return {
      .allocated = state.allocated, .available = state.available(), .held = state.held, .sold = state.sold};
}

bool Engine::sold_out_for_good(OfferIndex offer) const {
  const OfferState& state = offers_[offer.value];
  return state.held == 0 && state.available() == 0;
}

std::uint64_t Engine::state_hash() const {
  // A sum of hashes does not care about order, so neither shards nor table layouts show in it.
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    if (!owns({i})) continue;
    const OfferState& offer = offers_[i];
    const std::int64_t words[] = {static_cast<std::int64_t>(i), offer.allocated, offer.held, offer.sold,
                                  static_cast<std::int64_t>(offer.orders)};
    sum += hash64(words, sizeof words, 1);
  }
  for (std::uint32_t i = 0; i < orders_count_; ++i) {
    OrderRow row = rows_[i];
    const std::size_t bytes = std::size_t{row.buyer_bytes} + row.key_bytes + row.reference_bytes +
                              row.channel_bytes + row.region_bytes + row.segment_bytes;
    const std::uint64_t text_hash = hash64(texts_.data() + row.text, bytes, 2);
    row.text = 0;  // where it stands depends on what else this shard owns
    sum += hash64(&row, sizeof row, text_hash);
  }
  const auto add_table = [&sum](const auto& table, std::uint64_t seed) {
    for (const auto& [hash, units] : table) {
      const std::uint64_t words[] = {hash.low, hash.high, units};
      sum += hash64(words, sizeof words, seed);
    }
  };
  add_table(buyer_units_, 3);
  for (const auto& [hash, slot] : slot_by_key_) {
    const std::uint64_t words[] = {hash.low, hash.high, rows_[slot].number};
    sum += hash64(words, sizeof words, 4);
  }
  return sum;
}

}  // namespace doorbuster
