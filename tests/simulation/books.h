#pragma once
// A second bookkeeping: it reads the journal's records and counts on its fingers. It knows nothing of the
// engine but the format of its records, and finds at every prefix of the journal whether more is sold than
// there is, whether anybody has more than allowed, and whether an order was made when none could be.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/journal/journal.h"
#include "doorbuster/runtime/recovery.h"
#include "simulation/base.h"

namespace doorbuster::simulation {

struct BookLine {
  OfferIndex offer;
  std::uint32_t quantity = 0;
  OrderStatus status = OrderStatus::confirmed;
  std::uint32_t confirmed = 0, returned = 0;
  // What counts for the buyer's limits.
  std::uint32_t live() const {
    return status == OrderStatus::held || status == OrderStatus::waiting ? quantity : confirmed - returned;
  }
};

struct BookOrder {
  OrderNumber number;
  std::uint32_t quantity = 0;
  std::int64_t unit_price = 0;
  Tick decided_at, expires_at;
  std::string buyer, key, reference;
  std::vector<Hash128> identities;
  bool is_basket = false;
  OrderStatus status = OrderStatus::confirmed;
  bool refund_due = false;
  std::vector<BookLine> lines;            // one SKU: one line
  std::array<std::uint32_t, 8> events{};  // by OrderEventKind, those that somebody asked for
  std::uint32_t confirmed() const {
    std::uint32_t sum = 0;
    for (const BookLine& line : lines) sum += line.confirmed;
    return sum;
  }
  std::uint32_t returned() const {
    std::uint32_t sum = 0;
    for (const BookLine& line : lines) sum += line.returned;
    return sum;
  }
};

class Books {
 public:
  Books() : state_({.shards = 1, .orders_max = kRows}) {}

  // The journal's visitor. An error is the engine's own refusal of the record; a Violation is thrown.
  Status apply(const JournalRecord& record);

  const std::map<std::uint64_t, BookOrder>& orders() const { return orders_; }
  const BookOrder* find(OrderNumber number) const {
    const auto found = orders_.find(number.value);
    return found == orders_.end() ? nullptr : &found->second;
  }
  const Catalog& catalog() const { return *state_.catalog(); }
  std::int64_t available(OfferIndex offer) const {
    const Units& units = units_[offer.value];
    return catalog().offer(offer).definition.allocation() - units.held - units.sold;
  }
  std::int64_t held(OfferIndex offer) const { return units_[offer.value].held; }
  std::uint64_t state_hash() const { return state_.state_hash(); }
  // That the engine, which has read the same records, has the same stock.
  void compare_stock() const;

 private:
  static constexpr std::uint64_t kRows = 8192;
  struct Units {
    std::int64_t held = 0, sold = 0;
    std::uint64_t last_ordinal = 0, start = 1;
  };

  void add_order(const JournalRecord& record);
  void add_event(const JournalRecord& record);
  void add_event_to_line(const OrderEvent& event, BookOrder& order, BookLine& line);
  void check_sellable(const BookOrder& order, Tick now) const;
  void check_limits(const BookOrder& order, const BookLine& line) const;
  void check_units(OfferIndex offer) const;
  std::uint32_t live_units(const BookOrder& like, const Hash128* identity, OfferIndex offer,
                           bool whole_campaign) const;

  StateBuilder state_;
  std::vector<Units> units_;
  std::map<std::uint64_t, BookOrder> orders_;
  std::map<std::string, std::vector<const BookOrder*>> by_buyer_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<const BookOrder*>> by_identity_;
  std::map<std::pair<std::uint32_t, std::string>, OrderNumber> by_key_;
};

}  // namespace doorbuster::simulation
