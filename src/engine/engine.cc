#include "doorbuster/engine/engine.h"

#include <algorithm>
#include <utility>

#include "doorbuster/base/check.h"
#include "engine/recount.h"

namespace doorbuster {
namespace {

// Scopes of keyed_hash() beside the offers' indexes, which are below them.
constexpr std::uint64_t kBuyerScope = 1ULL << 32;
constexpr std::uint64_t kIdentityScope = 2ULL << 32;
constexpr std::uint64_t kNamesPerOrder = 2;  // on average, for the bound of the ledger

bool same_lines(OrderLines a, OrderLines b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const OrderLine& one, const OrderLine& other) {
    return one.offer == other.offer && one.quantity == other.quantity;
  });
}

}  // namespace

BuyHashes hash_buy(const HashKey& table_key, const Buy& buy) {
  BuyHashes hashes;
  hashes.buyer = keyed_hash(table_key, kBuyerScope, buy.buyer);
  if (!buy.key.empty()) hashes.key = keyed_hash(table_key, buy.offer.value, buy.key);
  return hashes;
}

Hash128 hash_identity(const HashKey& table_key, std::string_view identity) {
  return keyed_hash(table_key, kIdentityScope, identity);
}

Engine::Engine(const EngineOptions& options)
    : options_(options),
      catalog_(std::make_shared<const Catalog>()),
      store_(options.orders_max, options.table_key, options.returns_min),
      ledger_(options.orders_max + options.orders_max / 8 + kIdentitiesMax + 1,
              std::max(options.orders_max * kNamesPerOrder, options.names_min) + kIdentitiesMax + 1,
              options.orders_max),
      calendar_(options.orders_max) {
  DOORBUSTER_CHECK(options.shard < options.shards && options.orders_max <= kOrdersMax);
  DOORBUSTER_CHECK(options.allowances != nullptr);
}

void Engine::install(CatalogPointer catalog) {
  catalog_ = std::move(catalog);
  const std::size_t count = catalog_->offers().size();
  offers_.resize(count);
  rules_.resize(count);
  tallies_.resize(count);
  calendar_.resize_offers(count);
  lines_.resize_offers(count);
  quotas_.resize_offers(count);
  audit_.resize_offers(count);
  bool limits_changed = false;
  std::vector<bool> quotas_changed(count, false);
  std::vector<bool> has_quotas(catalog_->campaigns().size(), false);
  for (const Offer& offer : catalog_->offers()) {
    if (!offer.definition.plan.channel_quotas.empty()) has_quotas[offer.definition.campaign.value] = true;
  }
  for (const Offer& offer : catalog_->offers()) {
    const OfferPut& definition = offer.definition;
    if (!owns(definition.offer)) continue;
    const CampaignPut& campaign = catalog_->campaign(definition.campaign).definition;
    OfferState& state = offers_[definition.offer.value];
    const bool is_broken = tallies_[definition.offer.value].is_broken;
    DOORBUSTER_CHECK(is_broken || definition.allocation() >= state.held + state.sold);
    state.allocated = definition.allocation();
    state.price = definition.price;
    state.starts_at = campaign.starts_at;
    state.ends_at = last_end(campaign);
    state.is_planned = is_broken || campaign.paused || is_unarmed(campaign) ||
                       !campaign.plan.windows.empty() || !offer.prices.empty() ||
                       !campaign.plan.audience.empty() || !definition.plan.audience.empty();
    state.limit_per_buyer = campaign.limit_per_buyer;
    state.campaign_listed = campaign.listed;
    state.offer_listed = definition.listed;
    state.sells_by_hold = campaign.hold_seconds != 0;
    quotas_changed[definition.offer.value] = install_quotas(offer);
    limits_changed = limits_changed || state.has_total_limit != (campaign.limit_per_buyer_total != 0);
    rules_[definition.offer.value] = {.campaign = definition.campaign,
                                      .hold_seconds = campaign.hold_seconds,
                                      .hold_max_seconds = campaign.hold_max_seconds,
                                      .grace_seconds = campaign.grace_seconds,
                                      .offer_seconds = campaign.offer_seconds,
                                      .total_limit = campaign.limit_per_buyer_total,
                                      .on_payment_failed = campaign.on_payment_failed,
                                      .waitlist = campaign.waitlist,
                                      .campaign_has_quotas = has_quotas[definition.campaign.value]};
  }
  if (limits_changed) count_for_total_limits();
  if (std::find(quotas_changed.begin(), quotas_changed.end(), true) != quotas_changed.end()) {
    count_quotas(quotas_changed, quotas_);
  }
  quotas_.arm();
  if (start_ != 0) begin_start(start_);  // for the offers that are new
}

// A campaign has got a limit over all its offers, or has lost it: what was bought before counts too.
void Engine::count_for_total_limits() {
  store_.visit([&](OrderSlot slot) {
    const OfferIndex offer = store_.offer(slot);
    const bool limited = rules_[offer.value].total_limit != 0;
    const std::uint32_t units = live_units(slot);
    if (units == 0 || limited == offers_[offer.value].has_total_limit) return;
    if (limited) {
      DOORBUSTER_CHECK(charge_anyway(slot, units));
    } else {
      discharge(slot, units);
    }
  });
  for (std::size_t i = 0; i < offers_.size(); ++i) offers_[i].has_total_limit = rules_[i].total_limit != 0;
}

std::uint32_t Engine::live_units(OrderSlot slot) const {
  const OrderRow& row = store_.row(slot);
  if (row.lines != 0) return 0;
  if (row.status == OrderStatus::held || row.status == OrderStatus::waiting) return row.quantity;
  return store_.confirmed_quantity(slot) - (row.has_life ? store_.life(slot).returned_quantity : 0);
}

std::optional<OrderSlot> Engine::due_before(const Buy& buy, const BuyHashes& hashes, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  if (offer.held == 0) return std::nullopt;
  const HoldCalendar::First first = calendar_.first(buy.offer);
  if (first.expires_at > now || !is_open_to(buy, now)) return std::nullopt;
  if (!buy.key.empty() && store_.find_key(hashes.key, buy.offer, buy.key)) return std::nullopt;

  const OwnDue own = own_due(hashes.buyer, buy.identities, buy.quantity, buy.offer, now);
  if (own.over_limit) return own.hold;
  if (open_to(buy.offer, buy.channel, now) >= buy.quantity) return std::nullopt;
  return first.hold;
}

Decision Engine::decide(const Buy& buy, const BuyHashes& hashes, Tick now) const {
  // Every answer is made where the caller has it: a decision with its order is 240 bytes.
  const auto refused = [](Outcome outcome) { return Decision{.outcome = outcome}; };

  if (const auto again = find_replay(buy, hashes, now)) return *again;

  const OfferState& offer = offers_[buy.offer.value];
  if (!offer.campaign_listed) return refused(Outcome::campaign_not_found);
  if (!offer.offer_listed) return refused(Outcome::sku_not_found);

  if (now >= offer.ends_at) return refused(Outcome::campaign_ended);
  if (offer.is_planned || buy.token_fault != TokenFault::none) {
    if (const Outcome planned = check_plan(buy, now); planned != Outcome::ok) return refused(planned);
  } else if (now < offer.starts_at) {
    return refused(Outcome::campaign_not_started);
  }

  if (over_any_limit(hashes.buyer, buy.identities, buy.quantity, buy.offer)) {
    return refused(Outcome::limit_reached);
  }

  const std::int64_t price_now = price(buy.offer, now);
  if (buy.expected_price != Buy::kNoExpectedPrice && price_now > buy.expected_price) {
    return {.outcome = Outcome::price_changed, .price = price_now};
  }

  Outcome outcome = offer.sells_by_hold ? Outcome::held : Outcome::confirmed;
  Tick free_at, kept_until;
  if (open_to(buy.offer, buy.channel, now) < buy.quantity) {
    kept_until = kept_from(buy, now);
    const bool is_kept = kept_until != Tick{};
    if (offer.held == 0 && !is_kept) return refused(Outcome::sold_out);
    free_at = calendar_.first(buy.offer).expires_at;
    if (is_kept) free_at = std::min(free_at, kept_until);
    const bool can_wait = buy.wait && rules_[buy.offer.value].waitlist && !lines_.full(buy.offer) &&
                          offer.allocated - offer.sold >= buy.quantity;
    if (!can_wait) return {.outcome = Outcome::all_held, .free_at = free_at, .kept_until = kept_until};
    outcome = Outcome::waiting;
  }

  if (full()) return {.outcome = Outcome::overloaded, .free_at = free_at, .kept_until = kept_until};
  return {.outcome = outcome,
          .order = new_order(buy, outcome, price_now, now),
          .free_at = free_at,
          .kept_until = kept_until};
}

std::optional<Decision> Engine::find_replay(const Buy& buy, const BuyHashes& hashes, Tick now) const {
  if (buy.key.empty()) return std::nullopt;
  const auto found = store_.find_key(hashes.key, buy.offer, buy.key);
  if (!found) return std::nullopt;
  if (!is_forgotten(*found, now)) return replay(buy, *found);
  Decision decision;
  decision.outcome = Outcome::order_gone;
  decision.slot = *found;
  return decision;
}

Decision Engine::replay(const Buy& buy, OrderSlot slot) const {
  Decision decision;
  decision.slot = slot;
  const OrderRow& row = store_.row(slot);
  const Order first = order_as_decided(slot);
  decision.outcome = Outcome::idempotency_key_reused;
  if (buy.quantity != first.quantity || buy.expected_price != first.expected_price ||
      buy.buyer != first.buyer || buy.reference != first.reference || !same_lines(buy.lines, first.lines)) {
    return decision;
  }
  decision.replayed = true;
  switch (row.first_status) {
    case OrderStatus::held:
      decision.outcome = Outcome::held;
      break;
    case OrderStatus::waiting:
      decision.outcome = Outcome::waiting;
      decision.order = order(slot);
      return decision;
    default:
      decision.outcome = Outcome::confirmed;
  }
  decision.order = first;
  return decision;
}

Order Engine::new_order(const Buy& buy, Outcome outcome, std::int64_t unit_price, Tick now) const {
  const OfferState& offer = offers_[buy.offer.value];
  Order order = {
      .number = OrderNumber::make(buy.offer, offer.last_ordinal + 1),
      .quantity = buy.quantity,
      .unit_price = unit_price,
      .expected_price = buy.expected_price,
      .decided_at = now,
      .buyer = buy.buyer,
      .key = buy.key,
      .reference = buy.reference,
      .channel = buy.channel,
      .region = buy.region,
      .segment = buy.segment,
      .identities = buy.identities,
      .lines = buy.lines,
      .expires_at = {},
      .payment = {},
  };
  if (outcome == Outcome::confirmed) {
    order.confirmed_quantity = buy.quantity;
  } else if (outcome == Outcome::held) {
    order.status = OrderStatus::held;
    order.expires_at = {now.ns + rules_[buy.offer.value].hold_seconds * kNsPerSecond};
  } else {
    order.status = OrderStatus::waiting;
  }
  return order;
}

bool Engine::apply(const Order& order, const BuyHashes& hashes, OrderSlot& slot) {
  const OfferIndex index = order.number.offer();
  if (index.value >= offers_.size() || !owns(index) || full()) return false;
  OfferState& offer = offers_[index.value];
  const bool waits = order.status == OrderStatus::waiting;
  const bool basket = !order.lines.empty();
  if (order.number.ordinal() != offer.last_ordinal + 1) return false;
  if (!basket && (waits ? lines_.full(index) : offer.available() < order.quantity)) return false;
  if (!order.key.empty() && store_.find_key(hashes.key, index, order.key)) return false;

  slot = store_.add(order, hashes.key);
  const NewBooks books(*this, slot);
  ++offer.last_ordinal;
  if (basket) {
    if (order.status == OrderStatus::held) {
      OrderLife& life = store_.life(slot);
      store_.row(slot).has_life = true;
      life.held_ns = order.decided_at.ns;
      life.expires_ns = life.first_expires_ns = order.expires_at.ns;
    }
    return true;
  }
  if (order.status == OrderStatus::held) {
    hold_units(slot, hashes.buyer, order.quantity, order.decided_at, order.expires_at);
    store_.life(slot).first_expires_ns = order.expires_at.ns;
  } else {
    visit_names(hashes.buyer, store_.identities(slot),
                [&](const Hash128& name) { ledger_.add(offer_limit_key(name, index), order.quantity); });
  }
  if (order.status == OrderStatus::confirmed) {
    offer.sold += order.quantity;
    count_channel(slot, order.quantity);
  }
  if (waits) {
    store_.row(slot).has_life = true;
    store_.life(slot).place = lines_.join(index, slot);
    offer.has_line = true;
    count_place(slot, 1);
  }
  DOORBUSTER_CHECK(offer.available() >= 0);
  return true;
}

// Units go from the offer into a hold. For the names, `newly_counted` of them are new.
void Engine::hold_units(OrderSlot slot, const Hash128& buyer, std::uint32_t newly_counted, Tick from,
                        Tick until) {
  OrderRow& row = store_.row(slot);
  OrderLife& life = store_.life(slot);
  const OfferIndex offer = store_.offer(slot);
  row.has_life = true;
  row.status = OrderStatus::held;
  life.held_ns = from.ns;
  life.expires_ns = until.ns;
  offers_[offer.value].held += row.quantity;
  count_channel(slot, row.quantity);
  calendar_.add(slot, offer, until);
  const auto live = [this](OrderSlot other) { return store_.row(other).status == OrderStatus::held; };
  NamedHold hold{.slot = slot};
  visit_names(buyer, store_.identities(slot), [&](const Hash128& name) {
    ledger_.add_hold(offer_limit_key(name, offer), newly_counted, hold, live);
    ++hold.name;
  });
}

bool Engine::is_due(OrderSlot slot, Tick now) const {
  const OrderRow& row = store_.row(slot);
  return row.status == OrderStatus::held && !row.is_pinned && store_.life(slot).expires_ns <= now.ns;
}

Hash128 Engine::buyer_name(OrderSlot slot) const {
  return keyed_hash(options_.table_key, kBuyerScope, store_.buyer(slot));
}

Engine::CampaignKeys Engine::campaign_keys(const Hash128& buyer, Identities identities,
                                           OfferIndex offer) const {
  CampaignKeys keys;
  visit_names(buyer, identities, [&](const Hash128& name) {
    keys.keys[keys.count++] = campaign_limit_key(name, rules_[offer.value].campaign);
  });
  return keys;
}

bool Engine::charge(const CampaignKeys& keys, std::uint32_t units, OfferIndex offer) {
  return options_.allowances->take(keys.view(), units, rules_[offer.value].total_limit);
}

bool Engine::charge(const Order& order, const BuyHashes& hashes) {
  const OfferIndex offer = order.number.offer();
  return charge(campaign_keys(hashes.buyer, order.identities, offer), order.quantity, offer);
}

bool Engine::charge(const OrderEvent& event) {
  const auto slot = find(event.order);
  return slot && charge(campaign_keys(*slot), event.quantity, event.order.offer());
}

bool Engine::charge_anyway(OrderSlot slot, std::uint32_t units) {
  return options_.allowances->take_anyway(campaign_keys(slot).view(), units);
}

void Engine::discharge(OrderSlot slot, std::uint32_t units) {
  options_.allowances->give_back(campaign_keys(slot).view(), units);
}

std::uint32_t Engine::place(OrderSlot slot) const {
  if (store_.row(slot).status != OrderStatus::waiting) return 0;
  return lines_.position(store_.offer(slot), store_.life(slot).place);
}

OfferStock Engine::stock(OfferIndex offer) const {
  const OfferState& state = offers_[offer.value];
  return {
      .allocated = state.allocated, .available = state.available(), .held = state.held, .sold = state.sold};
}

std::uint64_t Engine::state_hash() const {
  // A sum of hashes does not care about order, so neither shards nor table layouts show in it.
  std::uint64_t sum = store_.state_hash() + ledger_.state_hash();
  for (std::uint32_t i = 0; i < offers_.size(); ++i) {
    if (!owns({i})) continue;
    const OfferState& offer = offers_[i];
    const std::int64_t words[] = {static_cast<std::int64_t>(i),
                                  offer.allocated,
                                  offer.held,
                                  offer.sold,
                                  static_cast<std::int64_t>(numbers_given({i})),
                                  static_cast<std::int64_t>(lines_.size({i}))};
    sum += hash64(words, sizeof words, 1);
  }
  return sum;
}

}  // namespace doorbuster
