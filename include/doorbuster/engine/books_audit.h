#pragma once
// The second set of books. An offer's counters are kept by its events, one after the other; the audit counts
// the same units out of the orders, over and over, a few orders at a time. Where the two differ, a bug or the
// memory has broken the offer, and nobody can say what it has left. Part of the engine; same owner.
//
// A round walks over all orders, then compares all offers. An order that the walk has passed and that changes
// is counted anew when it does, so at the end of a round the sums are exact, however much was sold meanwhile.

#include <cstdint>
#include <string_view>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/engine/order_slot.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

// What orders, or counters, say of one offer.
struct OfferBooks {
  std::int64_t held = 0, sold = 0;
  std::uint64_t orders = 0;  // numbers that were given
  friend bool operator==(const OfferBooks&, const OfferBooks&) = default;
};

struct BooksFault {
  enum class Kind : std::uint8_t {
    units,   // the counters are not what the orders come to
    limit,   // a name has fewer units than one of its orders
    bounds,  // below zero, or more than there are
  };
  OfferIndex offer;
  Kind kind{};
  OfferBooks counters, orders;
  std::int64_t allocated = 0;
};
std::string_view books_fault_name(BooksFault::Kind kind);  // "units" for Kind::units, and so on

class BooksAudit {
 public:
  BooksAudit() { faults_.reserve(kBooksFaultsKept); }
  void resize_offers(std::size_t offers) { sums_.resize(offers); }

  // Whether what this order says of that offer has been counted in this round.
  bool has_counted(OrderSlot slot, OfferIndex offer) const {
    return slot.value < orders_walked_ && offer.value >= offers_compared_;
  }
  void count(OfferIndex offer, const OfferBooks& books, int sign) {
    OfferBooks& sum = sums_[offer.value];
    sum.held += sign * books.held;
    sum.sold += sign * books.sold;
    sum.orders += static_cast<std::uint64_t>(sign) * books.orders;
  }

  // --- the round ---
  // The next order to be counted; has_counted() it from now on.
  OrderSlot take_order() { return {static_cast<std::uint32_t>(orders_walked_++)}; }
  bool has_orders_left(std::uint64_t orders) const { return orders_walked_ < orders; }
  // All orders have been counted, those to come too: the offers are next.
  void end_walk() { orders_walked_ = kAllOrders; }
  // The next offer, and what its orders come to. It is counted from the start in the next round.
  bool has_offers_left() const { return offers_compared_ < sums_.size(); }
  OfferIndex take_offer(OfferBooks& orders) {
    const OfferIndex offer{offers_compared_++};
    orders = sums_[offer.value];
    sums_[offer.value] = {};
    return offer;
  }
  void end_round() {
    orders_walked_ = 0;
    offers_compared_ = 0;
    ++rounds_;
  }
  std::uint64_t rounds() const { return rounds_; }

  // The first of each offer, at most kBooksFaultsKept.
  void report(const BooksFault& fault);
  const std::vector<BooksFault>& faults() const { return faults_; }

 private:
  static constexpr std::uint64_t kAllOrders = 1ULL << 32;

  std::vector<OfferBooks> sums_;  // of the orders that were counted, by offer
  std::uint64_t orders_walked_ = 0;
  std::uint32_t offers_compared_ = 0;
  std::uint64_t rounds_ = 0;
  std::vector<BooksFault> faults_;
};

}  // namespace doorbuster
