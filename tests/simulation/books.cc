#include "simulation/books.h"

#include <algorithm>

namespace doorbuster::simulation {
namespace {

bool is_order(RecordKind kind) {
  return kind == RecordKind::order_confirmed || kind == RecordKind::order_held ||
         kind == RecordKind::order_waiting;
}

// For people: "2/17" is the offer's index and its order's number.
std::string name_of(OrderNumber number) {
  return fmt::format("{}/{}", number.offer().value, number.ordinal());
}

}  // namespace

Status Books::apply(const JournalRecord& record) {
  if (Status applied = state_.apply(record); !applied) return applied;
  units_.resize(catalog().offers().size());
  if (is_order(record.info.kind)) add_order(record);
  if (record.info.kind == RecordKind::order_event) add_event(record);
  if (record.info.kind == RecordKind::catalog_change_end) {
    for (std::uint32_t i = 0; i < units_.size(); ++i) check_units({i});
  }
  return {};
}

void Books::add_order(const JournalRecord& record) {
  OrderLists lists;
  const auto read = decode_order(record.payload, record.info, lists);
  require(read.has_value(), "an order cannot be decoded");
  BookOrder order;
  order.number = read->number;
  order.quantity = read->quantity;
  order.unit_price = read->unit_price;
  order.decided_at = record.info.tick;
  order.expires_at = read->expires_at;
  order.buyer = read->buyer;
  order.key = read->key;
  order.reference = read->reference;
  order.identities.assign(read->identities.begin(), read->identities.end());
  order.is_basket = !read->lines.empty();
  order.status = read->status;
  const std::uint32_t sold = read->status == OrderStatus::confirmed ? 1 : 0;
  for (const OrderLine& line : read->lines) {
    order.lines.push_back({line.offer, line.quantity, read->status, sold * line.quantity, 0});
  }
  const OfferIndex home = order.number.offer();
  if (!order.is_basket) order.lines.push_back({home, order.quantity, read->status, sold * order.quantity, 0});

  // Without gaps, but for those of each start since the last of them.
  Units& numbers = units_[home.value];
  numbers.last_ordinal += (record.epoch - numbers.start) * OrderNumber::kOrdinalsPerStart + 1;
  numbers.start = record.epoch;
  require(order.number.ordinal() == numbers.last_ordinal, "order {} is not the next of its offer",
          name_of(order.number));
  check_sellable(order, record.info.tick);
  if (!order.is_basket) {
    const std::int64_t price = catalog().offer(home).price(record.info.tick);
    require(order.unit_price == price, "order {} is sold for {} when the price is {}", name_of(order.number),
            order.unit_price, price);
    require(read->expected_price == Buy::kNoExpectedPrice || price <= read->expected_price,
            "order {} costs more than was expected", name_of(order.number));
  }
  if (!order.key.empty()) {
    const auto [at, fresh] = by_key_.emplace(std::pair(home.value, order.key), order.number);
    require(fresh, "orders {} and {} have one key", name_of(at->second), name_of(order.number));
  }
  for (const BookLine& line : order.lines) {
    check_limits(order, line);
    if (line.status == OrderStatus::held) units_[line.offer.value].held += line.quantity;
    if (line.status == OrderStatus::confirmed) units_[line.offer.value].sold += line.quantity;
    check_units(line.offer);
  }
  const BookOrder& kept = orders_.emplace(order.number.value, std::move(order)).first->second;
  by_buyer_[kept.buyer].push_back(&kept);
  for (const Hash128& identity : kept.identities)
    by_identity_[{identity.low, identity.high}].push_back(&kept);
}

// Window, pause, arming: by the catalog in force at this place of the journal.
void Books::check_sellable(const BookOrder& order, Tick now) const {
  for (const BookLine& line : order.lines) {
    const OfferPut& offer = catalog().offer(line.offer).definition;
    const CampaignPut& campaign = catalog().campaign(offer.campaign).definition;
    const std::vector<Window> windows = selling_windows(campaign);
    const bool open = std::any_of(windows.begin(), windows.end(),
                                  [&](const Window& each) { return each.from <= now && now < each.to; });
    // A basket is decided before it is recorded; a change or an end can come between.
    const bool sellable =
        open && !campaign.paused && !is_unarmed(campaign) && offer.listed && campaign.listed;
    require(sellable || order.is_basket, "order {} was sold when nothing was for sale",
            name_of(order.number));
  }
}

std::uint32_t Books::live_units(const BookOrder& like, const Hash128* identity, OfferIndex offer,
                                bool whole_campaign) const {
  const std::vector<const BookOrder*>* orders = nullptr;
  if (identity != nullptr) {
    const auto found = by_identity_.find({identity->low, identity->high});
    if (found != by_identity_.end()) orders = &found->second;
  } else if (const auto found = by_buyer_.find(like.buyer); found != by_buyer_.end()) {
    orders = &found->second;
  }
  if (orders == nullptr) return 0;
  const auto campaign = [this](OfferIndex of) { return catalog().offer(of).definition.campaign; };
  std::uint32_t units = 0;
  for (const BookOrder* order : *orders) {
    for (const BookLine& line : order->lines) {
      const bool counts = whole_campaign ? campaign(line.offer) == campaign(offer) : line.offer == offer;
      if (counts) units += line.live();
    }
  }
  return units;
}

// REQUIRES: the order is not among those that are counted, or its line has no live units yet.
void Books::check_limits(const BookOrder& order, const BookLine& line) const {
  const CampaignPut& campaign = catalog().campaign_of(line.offer).definition;
  std::vector<const Hash128*> names = {nullptr};
  for (const Hash128& identity : order.identities) names.push_back(&identity);
  // A basket's lines are taken one by one before it is recorded: a reload may have lowered the limit since.
  for (const Hash128* name : names) {
    const std::uint32_t own = line.live();
    const std::uint32_t of_offer = live_units(order, name, line.offer, false) + own;
    require(campaign.limit_per_buyer == 0 || of_offer <= campaign.limit_per_buyer || order.is_basket,
            "order {}: {} has {} units of offer {} where {} are allowed", name_of(order.number), order.buyer,
            of_offer, line.offer.value, campaign.limit_per_buyer);
    const std::uint32_t total = live_units(order, name, line.offer, true) + own;
    require(campaign.limit_per_buyer_total == 0 || total <= campaign.limit_per_buyer_total || order.is_basket,
            "order {}: {} has {} units of the campaign where {} are allowed", name_of(order.number),
            order.buyer, total, campaign.limit_per_buyer_total);
  }
}

void Books::check_units(OfferIndex offer) const {
  const Units& units = units_[offer.value];
  const std::int64_t allocated = catalog().offer(offer).definition.allocation();
  require(units.held >= 0 && units.sold >= 0 && units.held + units.sold <= allocated,
          "offer {} has {} units, of which {} are held and {} sold", offer.value, allocated, units.held,
          units.sold);
}

void Books::add_event(const JournalRecord& record) {
  const auto event = decode_order_event(record.payload, record.info);
  require(event.has_value(), "an event cannot be decoded");
  const auto found = orders_.find(event->order.value);
  require(found != orders_.end(), "something happens to order {}, which never was", name_of(event->order));
  BookOrder& order = found->second;
  if (event->reason != OrderEventReason::cannot_be_served) {
    // What nobody asked for is not counted: time has done it, or the line.
    ++order.events[static_cast<std::size_t>(event->kind)];
  }
  for (BookLine& line : order.lines) {
    if (!event->part || *event->part == line.offer) add_event_to_line(*event, order, line);
  }
  const bool whole = !event->part;
  switch (event->kind) {
    case OrderEventKind::confirmed:
      order.status = OrderStatus::confirmed;
      break;
    case OrderEventKind::cancelled:
    case OrderEventKind::left_line:
      order.status = OrderStatus::cancelled;
      break;
    case OrderEventKind::expired:
      if (whole) order.status = OrderStatus::expired;
      break;
    case OrderEventKind::offered:
      order.status = OrderStatus::held;
      order.expires_at = event->expires_at;
      break;
    case OrderEventKind::extended:
      order.expires_at = event->expires_at;
      break;
    case OrderEventKind::refund_due:
      order.refund_due = true;
      break;
    case OrderEventKind::returned:
      break;
  }
}

void Books::add_event_to_line(const OrderEvent& event, BookOrder& order, BookLine& line) {
  Units& units = units_[line.offer.value];
  const bool was_held = line.status == OrderStatus::held;
  const auto end_hold = [&](OrderStatus becomes) {
    if (was_held) units.held -= line.quantity;
    line.status = becomes;
  };
  switch (event.kind) {
    case OrderEventKind::confirmed: {
      const bool late = !was_held;
      end_hold(OrderStatus::confirmed);
      line.confirmed = 0;
      const std::uint32_t taken = order.is_basket ? line.quantity : event.quantity;
      units.sold += taken;
      if (late && !order.is_basket) {
        // Its units had gone back, so it is as if it were bought now; the order itself counts nothing yet.
        BookLine again = line;
        again.confirmed = taken;
        check_limits(order, again);
      }
      line.confirmed = taken;
      break;
    }
    case OrderEventKind::cancelled:
      end_hold(order.is_basket && !was_held ? line.status : OrderStatus::cancelled);
      break;
    case OrderEventKind::expired:
      require(was_held && event.tick >= order.expires_at, "order {} expires before its time",
              name_of(order.number));
      end_hold(OrderStatus::expired);
      break;
    case OrderEventKind::returned:
      require(line.status == OrderStatus::confirmed && line.returned + event.quantity <= line.confirmed,
              "more comes back of order {} than went out", name_of(order.number));
      line.returned += event.quantity;
      if (event.restock) units.sold -= event.quantity;
      break;
    case OrderEventKind::offered:
      require(line.status == OrderStatus::waiting, "order {} is offered and does not wait",
              name_of(order.number));
      line.status = OrderStatus::held;
      units.held += line.quantity;
      break;
    case OrderEventKind::left_line:
      require(line.status == OrderStatus::waiting, "order {} leaves a line without waiting",
              name_of(order.number));
      line.status = OrderStatus::cancelled;
      break;
    case OrderEventKind::extended:
    case OrderEventKind::refund_due:
      break;
  }
  check_units(line.offer);
}

void Books::compare_stock() const {
  const std::vector<std::int64_t> committed = state_.committed();
  for (std::uint32_t i = 0; i < units_.size(); ++i) {
    const std::int64_t counted = units_[i].held + units_[i].sold;
    require(committed[i] == counted, "offer {}: the engine has {} units out, its records {}", i, committed[i],
            counted);
  }
}

}  // namespace doorbuster::simulation
