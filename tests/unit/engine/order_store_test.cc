// Rows that keep what was asked and what has become of it.
#include "doorbuster/engine/order_store.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::array<Hash128, 2> kCards{{{1, 10}, {2, 20}}};

// Of an order of these tests: no two have one.
std::string_view key_text(std::uint64_t ordinal) {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 64; ++i) all.push_back("k-" + std::to_string(i));
    return all;
  }();
  return keys.at(ordinal);
}

Order full_order(std::uint64_t ordinal) {
  Order order;
  order.number = OrderNumber::make({3}, ordinal);
  order.quantity = 4;
  order.unit_price = 4990;
  order.expected_price = 5000;
  order.decided_at = kOpens;
  order.buyer = "ann";
  order.key = key_text(ordinal);
  order.reference = "basket 7";
  order.channel = "app";
  order.region = "de";
  order.segment = "gold";
  order.identities = kCards;
  order.status = OrderStatus::held;
  order.expires_at = after(kOpens, 60);
  return order;
}

OrderSlot add(OrderStore& store, const Order& order) {
  return store.add(order, store.key_hash(order.number.offer(), order.key));
}
std::optional<OrderSlot> find_key(const OrderStore& store, std::string_view key, OfferIndex offer = {3}) {
  return store.find_key(store.key_hash(offer, key), offer, key);
}

OrderSlot add_held(OrderStore& store, std::uint64_t ordinal) {
  const OrderSlot slot = add(store, full_order(ordinal));
  store.row(slot).has_life = true;
  store.life(slot).expires_ns = store.life(slot).first_expires_ns = after(kOpens, 60).ns;
  return slot;
}

TEST_CASE("an order is read as it was added, behind one with texts of an odd length") {
  OrderStore store(10, kTableKey);
  Order odd;
  odd.number = OrderNumber::make({3}, 1);
  odd.quantity = 1;
  odd.buyer = "b";
  add(store, odd);
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
  OrderStore store(10, kTableKey);
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
  OrderStore store(10, kTableKey);
  Order order = full_order(1);
  order.status = OrderStatus::confirmed;
  const OrderSlot slot = add(store, order);
  CHECK(store.confirmed_quantity(slot) == 4);
  store.row(slot).has_life = true;
  store.life(slot).returned_quantity = 4;
  CHECK(store.order(slot).confirmed_quantity == 4);
  CHECK(store.order(slot).returned_quantity == 4);
  CHECK(store.order_as_decided(slot).confirmed_quantity == 4);
  CHECK(store.order_as_decided(slot).expires_at == Tick{});
}

TEST_CASE("orders, keys and returns are found by what names them, and nothing else is") {
  OrderStore store(3, kTableKey);
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) add_held(store, ordinal);
  CHECK(store.full());
  CHECK(store.size() == 3);
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) {
    const auto slot = static_cast<std::uint32_t>(ordinal - 1);
    CHECK(store.find(OrderNumber::make({3}, ordinal)) == OrderSlot{slot});
    CHECK(find_key(store, key_text(ordinal)) == OrderSlot{slot});
  }
  CHECK_FALSE(store.find(OrderNumber::make({3}, 4)).has_value());
  CHECK_FALSE(store.find(OrderNumber::make({2}, 1)).has_value());
  CHECK_FALSE(find_key(store, "k-4").has_value());
  CHECK_FALSE(find_key(store, key_text(1), {2}).has_value());

  CHECK(store.find_return({9, 9}) == nullptr);
  store.keep_return({0}, {9, 9}, 2, true);
  REQUIRE(store.find_return({9, 9}) != nullptr);
  CHECK(store.find_return({9, 9})->quantity == 2);
  CHECK(store.find_return({9, 9})->restock);
}

TEST_CASE("returns with a key have a bound of their own") {
  OrderStore store(8, kTableKey);
  const OrderSlot slot = add_held(store, 1);
  std::uint64_t kept = 0;
  while (!store.returns_full()) store.keep_return(slot, {++kept, 0}, 1, false);
  CHECK(kept == 8 / 4 + 1024);
  store.remove(slot);
  CHECK_FALSE(store.returns_full());
  CHECK(store.find_return({kept, 0}) == nullptr);
  CHECK(store.find_return({1, 0}) == nullptr);
}

TEST_CASE("with every text at its longest all orders fit") {
  const std::string identifier(kIdentifierBytesMax, 'i'), reference(kReferenceBytesMax, 'r');
  const std::string key(kIdempotencyKeyBytesMax, 'k'), payment(kReferenceBytesMax, 'p');
  const std::array<Hash128, kIdentitiesMax> cards{{{1, 1}, {2, 2}, {3, 3}, {4, 4}}};
  OrderStore store(50, kTableKey);
  for (std::uint64_t ordinal = 1; !store.full(); ++ordinal) {
    Order order = full_order(ordinal);
    order.buyer = order.channel = order.region = order.segment = identifier;
    std::string own_key = key;
    own_key.replace(0, 2, {static_cast<char>('A' + ordinal / 26), static_cast<char>('A' + ordinal % 26)});
    order.key = own_key;
    order.reference = reference;
    order.identities = cards;
    const OrderSlot slot = add(store, order);
    store.row(slot).has_life = true;
    store.keep_payment(slot, payment);
  }
  for (std::uint32_t slot = 0; slot < 50; ++slot) {
    const Order read = store.order({slot});
    REQUIRE(read.buyer == identifier);
    REQUIRE(read.segment == identifier);
    REQUIRE(read.key.substr(2) == key.substr(2));
    REQUIRE(read.reference == reference);
    REQUIRE(read.payment == payment);
    REQUIRE(std::equal(read.identities.begin(), read.identities.end(), cards.begin(), cards.end()));
  }
}

TEST_CASE("the state hash sees what becomes of an order, and not where its texts stand") {
  const auto hash_with = [](auto edit) {
    OrderStore store(10, kTableKey);
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
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.keep_return(slot, {1, 2}, 1, false); }));
  CHECK(differs([](OrderStore& s, OrderSlot slot) { s.touch(slot, after(kOpens, 1)); }));

  OrderStore one(10, kTableKey), other(10, kTableKey);
  const OrderSlot first = add_held(one, 1);
  add_held(one, 2);
  one.keep_payment(first, "pay-1");
  add_held(other, 2);
  other.keep_payment(add_held(other, 1), "pay-1");
  CHECK(one.state_hash() == other.state_hash());
}

TEST_CASE("what was removed is found by nothing, and another order stands in its slot with nothing of it") {
  OrderStore store(3, kTableKey);
  for (std::uint64_t ordinal = 1; ordinal <= 3; ++ordinal) add_held(store, ordinal);
  store.keep_payment({1}, "pay-1");
  store.keep_return({1}, {9, 1}, 2, true);
  store.keep_return({1}, {9, 2}, 1, false);
  store.keep_return({2}, {9, 3}, 1, false);
  store.remove({1});
  CHECK_FALSE(store.full());
  CHECK(store.size() == 2);
  CHECK(store.is_vacant({1}));
  CHECK_FALSE(store.find(OrderNumber::make({3}, 2)).has_value());
  CHECK_FALSE(find_key(store, key_text(2)).has_value());
  CHECK(store.find_return({9, 1}) == nullptr);
  CHECK(store.find_return({9, 2}) == nullptr);
  CHECK(store.find_return({9, 3}) != nullptr);
  CHECK(store.find(OrderNumber::make({3}, 1)) == OrderSlot{0});
  CHECK(store.order({2}).buyer == "ann");

  Order bare;
  bare.number = OrderNumber::make({3}, 4);
  bare.quantity = 1;
  bare.buyer = "bob";
  CHECK(add(store, bare) == OrderSlot{1});
  const Order read = store.order({1});
  CHECK(read.buyer == "bob");
  CHECK(read.key.empty());
  CHECK(read.payment.empty());
  CHECK(read.identities.empty());
  CHECK(read.expires_at == Tick{});
  CHECK(store.last_event({1}) == bare.decided_at);
  std::vector<std::uint32_t> slots;
  store.visit([&](OrderSlot slot) { slots.push_back(slot.value); });
  CHECK(slots == std::vector<std::uint32_t>{0, 1, 2});
}

TEST_CASE("the state hash does not see who stood in a slot before") {
  OrderStore one(10, kTableKey), other(10, kTableKey);
  add_held(one, 1);
  const OrderSlot gone = add_held(one, 2);
  one.keep_payment(gone, "pay-1");
  one.keep_return(gone, {9, 1}, 1, true);
  one.touch(gone, after(kOpens, 5));
  add_held(one, 3);
  one.remove(gone);
  add_held(one, 4);
  for (const std::uint64_t ordinal : {4U, 3U, 1U}) add_held(other, ordinal);
  CHECK(one.state_hash() == other.state_hash());
}

TEST_CASE("through orders without end, of any length, texts stay whole and their room does not grow") {
  constexpr std::uint64_t kOrders = 300;
  OrderStore store(kOrders, kTableKey);
  std::mt19937_64 random(20261129);
  const auto text_for = [](std::uint64_t ordinal, char what, std::size_t bytes) {
    std::string text = what + std::to_string(ordinal);
    text.resize(bytes, what);
    return text;
  };
  std::vector<std::pair<std::uint64_t, OrderSlot>> there;
  std::uint64_t settled_bytes = 0;
  for (std::uint64_t ordinal = 1; ordinal <= 60'000; ++ordinal) {
    if (there.size() == kOrders) {
      // A third goes, from anywhere.
      std::shuffle(there.begin(), there.end(), random);
      for (std::size_t i = 0; i < kOrders / 3; ++i) {
        const auto [number, slot] = there.back();
        const Order order = store.order(slot);
        REQUIRE(order.number.ordinal() == number);
        REQUIRE(order.buyer == text_for(number, 'b', order.buyer.size()));
        REQUIRE(order.key == text_for(number, 'k', order.key.size()));
        REQUIRE((order.payment.empty() || order.payment == text_for(number, 'p', order.payment.size())));
        store.remove(slot);
        there.pop_back();
      }
      // By turns all of them short, all of them long, and as they come.
      if (settled_bytes == 0 && ordinal > 30'000) settled_bytes = store.text_bytes_touched();
    }
    const std::uint64_t phase = ordinal / 1000 % 3;
    const auto length = [&](std::size_t most) {
      return phase == 0 ? 8 : phase == 1 ? most : 8 + random() % (most - 7);
    };
    Order order;
    order.number = OrderNumber::make({3}, ordinal);
    order.quantity = 1;
    const std::string buyer = text_for(ordinal, 'b', length(kIdentifierBytesMax));
    const std::string key = text_for(ordinal, 'k', length(kIdempotencyKeyBytesMax));
    const std::string reference = text_for(ordinal, 'r', length(kReferenceBytesMax));
    order.buyer = buyer;
    order.key = key;
    order.reference = reference;
    if (random() % 2 == 0) order.identities = kCards;
    const OrderSlot slot = add(store, order);
    store.row(slot).has_life = true;
    if (random() % 2 == 0) store.keep_payment(slot, text_for(ordinal, 'p', length(kReferenceBytesMax)));
    there.emplace_back(ordinal, slot);
  }
  CHECK(store.rows_used() == kOrders);
  // Two texts of an order at most, and a page for each at the worst.
  CHECK(store.text_bytes_touched() <= 2 * kOrders * TextRoom::kPageBytes);
  CHECK(store.text_bytes_touched() <= settled_bytes + settled_bytes / 4);
}

}  // namespace
}  // namespace doorbuster
