#pragma once
// The engine of one shard: commands and a tick go in, decisions come out. It is a function of what it was
// given: no clock, file, socket, thread, random source or logger. Running it again over the journal gives the
// same state, and state_hash() says so.
//
// decide() looks and changes nothing; apply() changes and decides nothing. A sale is decide(), then its
// record, then apply(); recovery is apply() alone. What was refused has changed nothing.
//
// A hold whose time is over counts as free at the next decision, whoever asks and whether or not a timer has
// run. So the owner asks due_before() until nothing stands in the way, journals and applies each expiry, and
// decides then. due() is the timer's share: the same expiries, for nobody in particular.
//
// Units that come back (an expiry, a cancelled hold, a return) go to the first in the offer's line before
// anybody else: after every event that gives units back the owner asks next_offer() until it is empty.
//
// Not thread-safe: one owner. No allocation, lock or exception in decide(), apply() and find(): every table
// has its full size from the constructor on. (Exceptions, each bounded: an offer's first place in a line
// takes that line's memory; a hold whose end was moved is kept in a vector; what baskets under way have
// reserved for a channel is kept in a table.)
//
// Invariants, checked in every build where they cost O(1):
//   E1  0 <= held, 0 <= sold, held + sold <= allocated, for every offer
//   E2  an order number is given once; orders of an offer are numbered 1, 2, 3, ...
//   E3  one order for each idempotency key of an offer
//   E4  a buyer's or identity's units of an offer are those of its orders that are held, confirmed and not
//       returned, or waiting; what counts for a limit or a quota is never forgotten
//   E5  what is taken of a channel's quota is what orders of the channel have of the offer's held and sold

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/engine/allowances.h"
#include "doorbuster/engine/books_audit.h"
#include "doorbuster/engine/channel_quotas.h"
#include "doorbuster/engine/decision.h"
#include "doorbuster/engine/engine_options.h"
#include "doorbuster/engine/hold_calendar.h"
#include "doorbuster/engine/limit_ledger.h"
#include "doorbuster/engine/offer_state.h"
#include "doorbuster/engine/order_store.h"
#include "doorbuster/engine/waiting_line.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  // From here on decisions are made by this catalog. Control path: may allocate.
  // REQUIRES: no offer's allocation is below what is committed of it.
  void install(CatalogPointer catalog);
  // The journal has been read, and this start's orders come next: OrderNumber::kOrdinalsPerStart says which
  // numbers they get.
  void begin_start(std::uint32_t start);
  // For recovery: this order of the offer is of that start. False: starts do not go back.
  [[nodiscard]] bool skip_numbers(OfferIndex offer, std::uint32_t start);
  const CatalogPointer& catalog() const { return catalog_; }

  bool owns(OfferIndex offer) const { return owner_shard(offer, options_.shards) == options_.shard; }

  // --- buying ---
  // A hold whose time is over and that stands in the way of this buy: to be expired first.
  std::optional<OrderSlot> due_before(const Buy& buy, const BuyHashes& hashes, Tick now) const;
  // The one atomic step: idempotency, existence, window, eligibility, limits, price, stock, room. The first
  // that fails is the answer. REQUIRES: owns(buy.offer), the offer is in the catalog; buy's texts are within
  // their bounds; nothing is due_before() it.
  Decision decide(const Buy& buy, const BuyHashes& hashes, Tick now) const;
  // Asks the memory for what decide() will look at: worth its price some decisions ahead. Changes nothing.
  void prefetch(const Buy& buy, const BuyHashes& hashes) const {
    if (!buy.key.empty()) store_.prefetch_key(hashes.key);
    ledger_.prefetch(offer_limit_key(hashes.buyer, buy.offer));
  }
  // The same for apply(): the place where the order will be found by its number, and for recovery all that a
  // new order is looked up by.
  void prefetch(OrderNumber number) const { store_.prefetch(number); }
  void prefetch(OrderNumber number, const BuyHashes& hashes) const {
    store_.prefetch(number);
    store_.prefetch_key(hashes.key);
    ledger_.prefetch(offer_limit_key(hashes.buyer, number.offer()));
  }
  // Takes an order that decide() made, or that the journal says was made. False, with nothing changed, when
  // it cannot have been decided here (for recovery: the journal contradicts itself).
  [[nodiscard]] bool apply(const Order& order, const BuyHashes& hashes, OrderSlot& slot);

  // --- baskets: one order whose lines may live in several engines ---
  // The engine of the first line is its home: it has the order itself, with key, number and lines, and no
  // units. Each line is a part: a row in the engine of its offer, with units, limits and expiry like an
  // order's own. Nothing is journaled until the whole is decided; what is kept for it until then counts as
  // held.
  //
  // The order that the key stands for; the answer is replay's, or order_gone.
  std::optional<Decision> find_replay(const Buy& buy, const BuyHashes& hashes, Tick now) const;
  // Whether all units of the basket together are within the limit over the campaign.
  bool within_total_limit(const Buy& basket, const BuyHashes& hashes) const;
  // Keeps a line's units and the room for its row, after decide() has said yes to the line as a buy of its
  // own. False, with nothing kept: the campaign's limit is in the way.
  // `charged`: whether they count for that limit.
  [[nodiscard]] bool reserve(const Buy& line, const BuyHashes& hashes, bool& charged);
  void release(const Buy& line, const BuyHashes& hashes, bool charged);
  // After install(), for each line that is reserved here: that limit may have come, or gone.
  void agree_on_charge(const Buy& line, const BuyHashes& hashes, bool& charged);
  Order new_basket(const Buy& basket, Tick now) const;  // prices stand in its lines
  // The home's share of a basket is apply(); this is a line's. From what was reserved, or from what is free.
  enum class Units : std::uint8_t { reserved, free };
  [[nodiscard]] bool apply_part(const Order& basket, const OrderLine& line, const BuyHashes& hashes,
                                Units from);
  // Nothing when it is forgotten: before the whole only where all of the line came back.
  std::optional<OrderSlot> part(OrderNumber basket, OfferIndex offer) const {
    return store_.find_part(basket, offer);
  }
  bool is_basket(OrderSlot slot) const { return store_.row(slot).lines != 0; }
  // In force at `now`.
  std::int64_t price(OfferIndex offer, Tick now) const {
    const OfferState& state = offers_[offer.value];
    return state.is_planned ? catalog_->offer(offer).price(now) : state.price;
  }

  // So that a part stands still while the whole is decided: it cannot expire, and a confirmation has its
  // units.
  enum class Pin : std::uint8_t {
    none,
    still,       // it was held, and is
    again,       // it had expired, and its units were taken once more
    untouched,   // the action does not change its units; it must not be forgotten meanwhile
    expired,     // refused: the units are gone
    limited,     // refused: a limit is in the way
    not_enough,  // refused: less is left than is to be given back
    no_room      // refused: the tables are full
  };
  std::optional<OrderSlot> due_before_part(OrderSlot part, const OrderEvent& event, Tick now) const;
  std::uint32_t left_to_return(OrderSlot part) const { return live_units(part); }
  Pin pin(OrderSlot part, const OrderEvent& event, Tick now);
  void unpin(OrderSlot part, Pin pin);
  // What happened to the basket, for each of its parts, also those that it did not happen to. `pin` is what
  // pin() said; in recovery none.
  [[nodiscard]] bool apply_to_part(const OrderEvent& event, OfferIndex offer, Pin pin, Applied& applied);

  // --- what happens to orders ---
  std::optional<OrderSlot> due_before(const OrderCommand& command, Tick now) const;
  // REQUIRES: owns(command.order.offer()); nothing is due_before() it.
  OrderDecision decide(const OrderCommand& command, Tick now) const;
  // False as above.
  [[nodiscard]] bool apply(const OrderEvent& event, Applied& applied);

  // --- time, and the line ---
  // The next hold whose time is over. May not be the one that has waited longest.
  std::optional<OrderSlot> due(Tick now);
  // No hold of this shard runs out before it. Tick of the far future: there is none.
  Tick next_due() const { return calendar_.next(); }
  // The next end of a channel's quota. Its units are everybody's from that tick on, and the line's first of
  // all: before anything is decided at or after it, the owner takes each ended_quota() and serves its line.
  Tick next_quota_end() const { return quotas_.next_end(); }
  std::optional<OfferIndex> ended_quota(Tick now) { return quotas_.ended(now); }
  OrderEvent expiry_of(OrderSlot slot, Tick now) const;
  // What the first in the line gets, or what takes it out of the line; nothing: the line waits on.
  std::optional<OrderEvent> next_offer(OfferIndex offer, Tick now) const;

  // --- the limit over a whole campaign: shared, so apart from apply() ---
  // Takes units out of the allowance of each of the names. False, with nothing taken: a limit is in the way,
  // or there is no room for another name. Before apply(), where decide() has just said yes: a neighbour may
  // have been quicker since.
  [[nodiscard]] bool charge(const Order& order, const BuyHashes& hashes);
  [[nodiscard]] bool charge(const OrderEvent& event);  // confirmed late
  // The same whatever the limit says: recovery.
  [[nodiscard]] bool charge_anyway(OrderSlot slot, std::uint32_t units);
  // Gives units back that an event released. Only when the event is durable: a neighbour can use them in a
  // record of its own, which must not outlive this one.
  void discharge(OrderSlot slot, std::uint32_t units);
  bool has_total_limit(OfferIndex offer) const { return offers_[offer.value].has_total_limit; }

  // --- forgetting: engine_retention.cc ---
  // An order is over when nothing about it counts any more: it was cancelled, has expired or came back as a
  // whole; or it was confirmed, and no limit of names and no quota counts its units, or its campaign has been
  // over for as long as a hold can last. When it has been over for the retention it counts as forgotten, in
  // every decision and whether or not anybody has forgotten it. The instant from which on that is so, as
  // things stand at `now`; nothing: as things stand it is not over.
  std::optional<Tick> forgotten_at(OrderSlot slot, Tick now) const {
    return forgotten_at(slot, now, options_.retention_ns);
  }
  bool is_forgotten(OrderSlot slot, Tick now) const;
  // What a record says of it. Nothing: its hold has to be written down as expired first.
  std::optional<ForgottenOrder> forgetting_of(OrderSlot slot) const;
  // Forgets it: its key is free, and its slot is another order's. False, with nothing changed, when it is not
  // there or had not been over for so long (for recovery).
  [[nodiscard]] bool forget(const ForgottenOrder& order, Tick now, std::int64_t retention_ns);
  // ok; order_gone: there was such an order; or order_not_found.
  Outcome find(OrderNumber number, Tick now, OrderSlot& slot) const;

  std::optional<OrderSlot> find(OrderNumber number) const { return store_.find(number); }
  Order order(OrderSlot slot) const { return store_.order(slot); }  // views live as long as the engine
  // As the buyer was first told: what became of it later does not show.
  Order order_as_decided(OrderSlot slot) const { return store_.order_as_decided(slot); }
  const OrderStore& store() const { return store_; }
  std::uint64_t names() const { return ledger_.names(); }  // under which units of offers are counted
  std::uint64_t orders() const { return store_.size(); }
  std::int64_t retention_ns() const { return options_.retention_ns; }
  std::uint64_t orders_max() const { return options_.orders_max; }
  // No room for another order.
  bool full() const { return store_.size() + reserved_rows_ >= options_.orders_max || !ledger_.has_room(); }
  bool began_waiting(OrderSlot slot) const { return store_.row(slot).first_status == OrderStatus::waiting; }
  // 1 is the first in its offer's line; 0: not waiting.
  std::uint32_t place(OrderSlot slot) const;

  OfferStock stock(OfferIndex offer) const;
  // On sale while somebody can buy a unit, be it of one channel only.
  Availability availability(OfferIndex offer, Tick now) const;
  bool has_line(OfferIndex offer) const { return offers_[offer.value].has_line; }
  // Nothing left, and nothing can come back from a hold.
  bool sold_out_for_good(OfferIndex offer) const { return offers_[offer.value].is_gone(); }
  // --- the second set of books: books_audit.h ---
  // So many steps more of the round. True when it is over. An offer whose books are found to be wrong is not
  // sold any more.
  bool audit(std::size_t steps);
  const BooksAudit& books_audit() const { return audit_; }

  // For tests: whether every quota's counters are what the orders come to (E5).
  bool check_quotas() const;

  // Every limit key under which somebody has or had units of an offer or a campaign. For filters; not in any
  // order.
  template <typename Visit>
  void visit_limit_keys(Visit&& visit) const {
    ledger_.visit(visit);
    store_.visit([&](OrderSlot slot) {
      if (!has_total_limit(store_.offer(slot))) return;
      const CampaignKeys keys = campaign_keys(slot);
      for (const Hash128& key : keys.view()) visit(key);
    });
  }

  // --- checkpoints: engine_restore.cc ---
  SavedOffer saved_offer(OfferIndex offer) const;
  // It comes back after install(): offers, their orders and returns, finish_restore(). False: it cannot be.
  [[nodiscard]] bool restore(const SavedOffer& saved);
  void restore(const SavedOrder& saved) { store_.restore(saved); }
  [[nodiscard]] bool restore(const Hash128& key, const KeptReturn& kept);
  enum class Restored : std::uint8_t { fine, no_room, contradiction };
  Restored finish_restore();  // makes every other table; engines may do it at the same time
  // Of everything that apply() changes. The sum over all shards does not depend on how many there are.
  std::uint64_t state_hash() const;
  // --- samples of it: state_sample.cc ---
  StateSample sample(OfferIndex offer, std::uint64_t first_ordinal) const;
  // Of an order at random, and those behind it; nothing when there is none. `random`: any number.
  std::optional<StateSample> sample(std::uint64_t random) const;

 private:
  friend class EngineBreaker;  // for tests: what a bug or a flipped bit would do

  // How many numbers the offer has given: what starts have skipped is none.
  std::uint64_t numbers_given(OfferIndex offer) const {
    return offers_[offer.value].last_ordinal -
           (tallies_[offer.value].start - 1) * OrderNumber::kOrdinalsPerStart;
  }

  // --- the second set of books: books_audit.cc ---
  OfferBooks books_of(OrderSlot slot) const;   // what the order says of its offer
  OfferBooks books(OfferIndex offer) const;    // what the counters say of what is remembered
  void count_books(OrderSlot slot, int sign);  // for the audit, where it has been there
  void audit_order(OrderSlot slot);
  void audit_offer(OfferIndex offer, const OfferBooks& orders);
  void break_offer(OfferIndex offer, BooksFault::Kind kind, const OfferBooks& orders);
  class NewBooks;  // in the sources: recount.h
  class Recount;

  // Calls visit(name) for the buyer and each identity.
  template <typename Visit>
  void visit_names(const Hash128& buyer, Identities identities, Visit&& visit) const {
    visit(buyer);
    for (const Hash128& identity : identities) visit(identity);
  }
  struct CampaignKeys {
    std::array<Hash128, kIdentitiesMax + 1> keys;
    std::size_t count = 0;
    std::span<const Hash128> view() const { return {keys.data(), count}; }
  };
  CampaignKeys campaign_keys(const Hash128& buyer, Identities identities, OfferIndex offer) const;
  CampaignKeys campaign_keys(OrderSlot slot) const {
    return campaign_keys(buyer_name(slot), store_.identities(slot), store_.offer(slot));
  }
  [[nodiscard]] bool charge(const CampaignKeys& keys, std::uint32_t units, OfferIndex offer);

  void count_for_total_limits();
  std::uint32_t live_units(OrderSlot slot) const;  // that count for its names
  std::optional<Tick> over_since(OrderSlot slot, Tick now) const;
  std::optional<Tick> forgotten_at(OrderSlot slot, Tick now, std::int64_t retention_ns) const;
  void release_names(OrderSlot slot, std::uint32_t units);
  struct OwnDue {
    bool over_limit = false;
    std::optional<OrderSlot> hold;  // only when over_limit
  };
  OwnDue own_due(const Hash128& buyer, Identities identities, std::uint32_t quantity, OfferIndex offer,
                 Tick now) const;
  std::int64_t free_for_late(OrderSlot slot, Tick now) const;

  // --- quotas: engine_quotas.cc ---
  // What a buy of the channel can have.
  std::int64_t open_to(OfferIndex offer, std::string_view channel, Tick now) const {
    const OfferState& state = offers_[offer.value];
    return state.has_quotas ? open_under_quotas(offer, channel, now) : state.open();
  }
  std::int64_t open_under_quotas(OfferIndex offer, std::string_view channel, Tick now) const;
  Tick kept_from(const Buy& buy, Tick now) const;
  std::optional<OrderEvent> offer_to(OrderSlot slot, std::int64_t units, Tick now) const;
  std::optional<OrderEvent> next_offer_under_quotas(OfferIndex offer, Tick now) const;
  // Units of the offer that the order has from now on, or has no longer.
  void count_channel(OrderSlot slot, std::int64_t units) {
    const OfferIndex offer = store_.offer(slot);
    if (offers_[offer.value].has_quotas) quotas_.add_taken(offer, store_.channel(slot), units);
  }
  void count_reserved(OfferIndex offer, std::string_view channel, std::int64_t units);
  void count_place(OrderSlot slot, std::int32_t places);
  Hash128 channel_key(OfferIndex offer, std::string_view channel) const;
  std::int64_t units_in_stock(OrderSlot slot) const;  // of its offer's held and sold
  bool install_quotas(const Offer& offer);            // whether to count them anew
  void count_quotas(const std::vector<bool>& offers, ChannelQuotas& quotas) const;

  // Window and audience of an offer with a plan.
  Outcome check_plan(const Buy& buy, Tick now) const;
  bool is_open_to(const Buy& buy, Tick now) const;
  // Whether so many units more would take a name above the offer's limit, above the campaign's, or any of the
  // names above one of the two.
  bool over_limit(const Hash128& name, std::uint32_t quantity, OfferIndex offer) const;
  bool over_total_limit(const Hash128& name, std::uint32_t quantity, OfferIndex offer) const;
  bool over_any_limit(const Hash128& buyer, Identities identities, std::uint32_t quantity,
                      OfferIndex offer) const;
  Decision replay(const Buy& buy, OrderSlot slot) const;
  Order new_order(const Buy& buy, Outcome outcome, std::int64_t unit_price, Tick now) const;

  bool is_due(OrderSlot slot, Tick now) const;
  // Also of a basket, whose parts expire each for itself.
  OrderStatus status_at(OrderSlot slot, Tick now) const;
  bool can_apply_to_basket(const OrderEvent& event, OrderSlot slot) const;
  void apply_to_basket(const OrderEvent& event, OrderSlot slot);
  void take_again(OrderSlot slot);
  OrderDecision decide_confirm(OrderSlot slot, const OrderCommand& command, Tick now) const;
  OrderDecision refuse_money(OrderSlot slot, Outcome outcome, const OrderCommand& command, Tick now) const;
  OrderDecision decide_late_confirm(OrderSlot slot, const OrderCommand& command, Tick now) const;
  OrderDecision decide_cancel(OrderSlot slot, Tick now) const;
  OrderDecision decide_extend(OrderSlot slot, std::uint32_t seconds, Tick now) const;
  OrderDecision decide_payment_failed(OrderSlot slot, Tick now) const;
  OrderDecision decide_give_back(OrderSlot slot, const OrderCommand& command, Tick now) const;
  OrderDecision decide_leave_line(OrderSlot slot, Tick now) const;
  Hash128 return_key(const OrderCommand& command, bool basket) const;
  bool would_exceed_limit(OrderSlot slot, std::uint32_t units) const;

  bool can_apply(const OrderEvent& event, OrderSlot slot) const;
  void apply_confirmed(const OrderEvent& event, Applied& applied);
  void apply_returned(const OrderEvent& event, Applied& applied);
  void apply_offered(const OrderEvent& event, OrderSlot slot);
  void apply_left_line(OrderSlot slot);
  void leave_line(OrderSlot slot);
  void give_back(const OrderEvent& event, OrderSlot slot);
  void hold_units(OrderSlot slot, const Hash128& buyer, std::uint32_t newly_counted, Tick from, Tick until);
  void end_hold(OrderSlot slot, OrderStatus becomes);
  void subtract_names(OrderSlot slot, std::uint32_t units);
  Hash128 buyer_name(OrderSlot slot) const;
  // An order that comes back, and what it is looked up by.
  struct Returning {
    OrderSlot slot;
    Hash128 key, buyer;
  };
  Returning prefetch_tables(OrderSlot slot) const;
  Restored restore_tables(const Returning& order);
  void restore_holds();

  const EngineOptions options_;
  CatalogPointer catalog_;
  std::vector<OfferState> offers_;   // by OfferIndex; those of other shards stay empty
  std::vector<OfferRules> rules_;    // the same
  std::vector<OfferTally> tallies_;  // the same
  std::uint32_t start_ = 0;          // of the engine on its folder; 0: the journal is being read
  OrderStore store_;
  LimitLedger ledger_;
  HoldCalendar calendar_;
  WaitingLines lines_;
  ChannelQuotas quotas_;
  BooksAudit audit_;
  // Units that baskets which are being decided have reserved, by channel_key(): no order says them yet.
  boost::unordered_flat_map<Hash128, std::int64_t, Hash128Identity> reserved_by_channel_;
  std::uint64_t reserved_rows_ = 0;  // of baskets that are being decided
};

}  // namespace doorbuster
