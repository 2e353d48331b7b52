// Rows that keep what was asked and what has become of it.
#include "doorbuster/engine/order_store.h"

#include <array>
#include <string>

#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::array<Hash128, 2> kCards{{{1, 10}, {2, 20}}};

Order full_order(std::uint64_t ordinal) {
  Order order;
  order.number = OrderNumber::make({3}, ordinal);
  order.quantity = 4;
  order.unit_price = 4990;
  order.expected_price = 5000;
  order.decided_at = kOpens;
  order.buyer = "ann";
  order.key = "k-1";
  order.reference = "basket 7";
  order.channel = "app";
  order.region = "de";
  order.segment = "gold";
  order.identities = kCards;
  order.status = OrderStatus::held;
  order.expires_at = after(kOpens, 60);
  return order;
}

OrderSlot add_held(OrderStore& store, std::uint64_t ordinal) {
  const OrderSlot slot = store.add(full_order(ordinal), {ordinal, 1});
  store.row(slot).has_life = true;
  store.life(slot).expires_ns = store.life(slot).first_expires_ns = after(kOpens, 60).ns;
  return slot;
}

TEST_CASE("an order is read as it was added, behind one with texts of an odd length") {
  OrderStore store(10);
  Order odd;
  odd.number = OrderNumber::make({3}, 1);
  odd.quantity = 1;
  odd.buyer = "b";
  store.add(odd, {});
  const OrderSlot slot = add_held(store, 2);
  const Order read = store.order(slot), asked = full_order(2);
  CHECK(read.number == asked.number);
  CHECK(read.quantity == asked.quantity);
  CHECK(read.unit_price == asked.unit_price);
  CHECK(read.expected_price == asked.expected_price);
  CHECK(read.decided_at == asked.decided_at);
  CHECK(read.buyer == asked.buyer);
  CHECK(read.key == asked.key);
  CHECK(read.reference == asked.reference);
  CHECK(read.channel == asked.channel);
  CHECK(read.region == asked.region);
  CHECK(read.segment == asked.segment);
  CHECK(std::equal(read.identities.begin(), read.identities.end(), kCards.begin(), kCards.end()));
  CHECK(read.status == OrderStatus::held);
  CHECK(read.expires_at == asked.expires_at);
  CHECK(read.payment.empty());
  CHECK(store.buyer(slot) == "ann");
  CHECK(store.offer(slot) == OfferIndex{3});
  CHECK(store.order({0}).buyer == "b");
  CHECK(store.order({0}).identities.empty());
}

TEST_CASE("what becomes of an order shows in it, and not in what the buyer was told first") {
  OrderStore store(10);
  const OrderSlot slot = add_held(store, 1);
  store.row(slot).status = OrderStatus::confirmed;
  store.row(slot).refund_due = true;
  store.life(slot).expires_ns = after(kOpens, 90).ns;
  store.life(slot).confirmed_quantity = 3;
  store.life(slot).returned_quantity = 1;
  store.keep_payment(slot, "pay-1");
  const Order now = store.order(slot);
  CHECK(now.status == OrderStatus::confirmed);
  CHECK(now.confirmed_quantity == 3);
  CHECK(now.returned_quantity == 1);
  CHECK(now.refund_due);
  CHECK(now.payment == "pay-1");
  CHECK(now.expires_at == after(kOpens, 90));
  CHECK(store.confirmed_quantity(slot) == 3);
  const Order first = store.order_as_decided(slot);
  CHECK(first.status == OrderStatus::held);
  CHECK(first.expires_at == after(kOpens, 60));
  CHECK(first.confirmed_quantity == 0);
  CHECK(first.returned_quantity == 0);
  CHECK_FALSE(first.refund_due);
  CHECK(first.payment.empty());
  CHECK(first.buyer == "ann");
}

TEST_CASE("an order that was final at once has all that was asked for confirmed, also after a return") {
  OrderStore store(10);
  Order order = full_order(1);
  order.status = OrderStatus::confirmed;
  const OrderSlot slot = store.add(order, {1, 1});
  CHECK(store.confirmed_quantity(slot) == 4);
  store.row(slot).has_life = true;
  store.life(slot).returned_quantity = 4;
  CHECK(store.order(slot).confirmed_quantity == 4);
  CHECK(store.order(slot).returned_quantity == 4);
  CHECK(store.order_as_decided(slot).confirmed_quantity == 4);
  CHECK(store.order_as_decided(slot).expires_at == Tick{});
}

TEST_CASE("orders, keys and returns are found by what names them, and nothing else is") {
  OrderStore store(3);
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) add_held(store, ordinal);
  CHECK(store.full());
  CHECK(store.size() == 3);
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) {
    const auto slot = static_cast<std::uint32_t>(ordinal - 1);
    CHECK(store.find(OrderNumber::make({3}, ordinal)) == OrderSlot{slot});
    CHECK(store.find_key({ordinal, 1}) == OrderSlot{slot});
  }
  CHECK_FALSE(store.find(OrderNumber::make({3}, 4)).has_value());
  CHECK_FALSE(store.find(OrderNumber::make({2}, 1)).has_value());
  CHECK_FALSE(store.find_key({1, 2}).has_value());

  CHECK(store.find_return({9, 9}) == nullptr);
  store.keep_return({9, 9}, {.quantity = 2, .restock = true});
  REQUIRE(store.find_return({9, 9}) != nullptr);
  CHECK(store.find_return({9, 9})->quantity == 2);
  CHECK(store.find_return({9, 9})->restock);
}

TEST_CASE("returns with a key have a bound of their own") {
  OrderStore store(8);
  std::uint64_t kept = 0;
  while (!store.returns_full()) store.keep_return({++kept, 0}, {});
  CHECK(kept == 8 / 4 + 1024);
}

TEST_CASE("with every text at its longest all orders fit") {
  const std::string identifier(kIdentifierBytesMax, 'i'), reference(kReferenceBytesMax, 'r');
  const std::string key(kIdempotencyKeyBytesMax, 'k'), payment(kReferenceBytesMax, 'p');
  const std::array<Hash128, kIdentitiesMax> cards{{{1, 1}, {2, 2}, {3, 3}, {4, 4}}};
  OrderStore store(50);
  for (std::uint64_t ordinal = 1; !store.full(); ++ordinal) {
    Order order = full_order(ordinal);
    order.buyer = order.channel = order.region = order.segment = identifier;
    order.key = key;
    order.reference = reference;
    order.identities = cards;
    const OrderSlot slot = store.add(order, {ordinal, 1});
    store.row(slot).has_life = true;
    store.keep_payment(slot, payment);
  }
  for (std::uint32_t slot = 0; slot < 50; ++slot) {
    const Order read = store.order({slot});
    REQUIRE(read.buyer == identifier);
    REQUIRE(read.segment == identifier);
    REQUIRE(read.key == key);
    REQUIRE(read.reference == reference);
    REQUIRE(read.payment == payment);
    REQUIRE(std::equal(read.identities.begin(), read.identities.end(), cards.begin(), cards.end()));
  }
}

TEST_CASE("the state hash sees what becomes of an order, and not where its texts stand") {
  const auto hash_with = [](auto edit) {
    OrderStore store(10);
    const OrderSlot slot = add_held(store, 1);
    edit(store, slot);
    return store.state_hash();
  };
  const std::uint64_t plain = hash_with([](OrderStore&, OrderSlot) {});
  const auto differs = [&](auto edit) { return hash_with(edit) != plain; };
  CHECK_FALSE(differs([](OrderStore&, OrderSlot) {}));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.row(slot).status = OrderStatus::expired; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.row(slot).refund_due = true; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.row(slot).payment_failed = true; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.life(slot).expires_ns += 1; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.life(slot).held_ns += 1; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.life(slot).confirmed_quantity = 1; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.life(slot).returned_quantity = 1; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.life(slot).place = 1; }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.keep_payment(slot, "pay-1"); }));
  CHECK(differs([](OrderStore& s, OrderSlot) { s.keep_return({1, 2}, {.quantity = 1}); }));

  OrderStore one(10), other(10);
  const OrderSlot first = add_held(one, 1);
  add_held(one, 2);
  one.keep_payment(first, "pay-1");
  add_held(other, 2);
  other.keep_payment(add_held(other, 1), "pay-1");
  CHECK(one.state_hash() == other.state_hash());
}

}  // namespace
}  // namespace doorbuster
