// Shops that sell by holds, baskets and lines, and lose power again and again. Whatever was answered as
// durable is so afterwards; every unit is where an order says that it is; nobody has more than the limits
// allow.
#include <map>

#include "support/house.h"
#include "support/mortal_machine.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kOffers = 5;
constexpr std::int64_t kStock = 12;
constexpr std::uint32_t kLimit = 3;
constexpr std::uint32_t kTotalLimit = 5;
constexpr std::uint32_t kBuyers = 30;

CatalogChangeSet shop_of(std::uint64_t dice) {
  CampaignPut campaign = campaign_put(0, kLimit);
  campaign.hold_seconds = 10;
  campaign.hold_max_seconds = 20;
  campaign.limit_per_buyer_total = kTotalLimit;
  campaign.on_payment_failed = static_cast<PaymentFailure>(dice % 3);
  campaign.grace_seconds = campaign.on_payment_failed == PaymentFailure::grace ? 4 : 0;
  campaign.waitlist = true;
  campaign.offer_seconds = 5;
  CatalogChangeSet shop = {{campaign}, {}};
  for (std::uint32_t i = 0; i < kOffers; ++i) shop.offers.push_back(offer_put(i, kStock));
  return shop;
}

// What a client was told, durably.
struct Promise {
  bool confirmed = false, cancelled = false, refund_due = false;
  std::uint32_t returned = 0;
};

class Saga : public MortalMachine {
 public:
  explicit Saga(std::uint64_t seed) : MortalMachine(seed), clock_(kOpens), shop_(shop_of(seed)) {}

  void live() {
    auto started = House::start(storage_, clock_, shop_,
                                {.shards = 1 + static_cast<std::uint32_t>(below(3)), .orders_max = 4000});
    if (!started) {
      INFO(started.error().message);
      REQUIRE(started.error().message == "planned error");
      return;
    }
    House& house = **started;
    // What was settled is durable: no way to die may change it.
    if (hash_ != 0) REQUIRE(house.hash() == hash_);
    hash_ = 0;
    check_books(house);
    check_promises(house);
    if (below(4) == 0) plan_an_error(40);
    const std::uint64_t steps = below(500);
    for (std::uint64_t i = 0; i < steps; ++i) step(house);
    if (below(3) != 0) return;
    storage_.forget_plan();
    house.settle();
    listen(house);
    if (house.journal().failed()) return;
    check_books(house);
    check_promises(house);
    hash_ = house.hash();
  }

  std::size_t promises() const { return promised_.size(); }
  std::size_t baskets() const { return baskets_; }

 private:
  void step(House& house) {
    clock_.advance_ns(static_cast<std::int64_t>(below(200)) * kNsPerMillisecond);
    const std::size_t shards = house.shards();
    switch (below(8)) {
      case 0:
        house.write();
        return;
      case 1:
        return listen(house);
      case 2:
      case 3:
        house.shard(below(shards)).do_work();
        return;
      default:
        if (house.door().in_use() < 200) ask(house);
    }
  }

  void ask(House& house) {
    if (!numbers_.empty() && below(2) == 0) return command(house);
    const std::string buyer = "b-" + std::to_string(below(kBuyers));
    const std::string key = below(2) == 0 ? std::string() : "k-" + std::to_string(below(400));
    std::vector<OrderLine> lines;
    for (std::uint32_t i = 0; i < kOffers; ++i) {
      if (below(3) == 0)
        lines.push_back({.offer = {i}, .quantity = 1 + static_cast<std::uint32_t>(below(2))});
    }
    const bool basket = below(3) == 0 && !lines.empty();
    Buy buy = basket ? basket_of(buyer, lines, key)
                     : buy_of(buyer, key, 1 + static_cast<std::uint32_t>(below(3)),
                              {static_cast<std::uint32_t>(below(kOffers))});
    buy.wait = !basket && below(2) == 0;
    const Hash128 device = hash_identity(kTableKey, "device:" + std::to_string(below(20)));
    if (below(2) == 0) buy.identities = Identities(&device, 1);
    house.ask(buy);
  }

  void command(House& house) {
    OrderCommand command;
    command.action = static_cast<OrderAction>(below(6));
    command.order = numbers_[below(numbers_.size())];
    command.seconds = 1 + static_cast<std::uint32_t>(below(15));
    const std::string payment = "pay-" + std::to_string(below(9));
    if (command.action == OrderAction::confirm && below(2) == 0) command.payment = payment;
    if (command.action == OrderAction::give_back) {
      command.quantity = 1;
      command.restock = below(2) == 0;
      if (below(2) == 0) command.part = OfferIndex{static_cast<std::uint32_t>(below(kOffers))};
    }
    house.ask_command(command);
  }

  void listen(House& house) {
    for (const Answer& answer : house.answers()) {
      const bool order = answer.outcome == Outcome::held || answer.outcome == Outcome::waiting ||
                         answer.outcome == Outcome::ok || answer.outcome == Outcome::hold_expired;
      if (!order || !answer.durable) continue;
      if (!promised_.contains(answer.number.value)) {
        numbers_.push_back(answer.number);
        if (!answer.lines.empty()) ++baskets_;
      }
      Promise& promise = promised_[answer.number.value];
      if (answer.outcome != Outcome::ok) continue;
      promise.confirmed = promise.confirmed || answer.status == OrderStatus::confirmed;
      promise.cancelled = promise.cancelled || answer.status == OrderStatus::cancelled;
      promise.refund_due = promise.refund_due || answer.refund_due;
    }
  }

  void check_promises(House& house) {
    for (const auto& [number, promise] : promised_) {
      CAPTURE(number);
      Engine& engine = house.owner(OrderNumber{number}.offer());
      const auto slot = engine.find({number});
      REQUIRE(slot.has_value());
      const Order order = engine.order(*slot);
      REQUIRE((!promise.confirmed || order.status == OrderStatus::confirmed));
      REQUIRE((!promise.cancelled || order.status == OrderStatus::cancelled));
      REQUIRE((!promise.refund_due || order.refund_due));
    }
  }

  struct Books {
    std::vector<std::int64_t> held = std::vector<std::int64_t>(kOffers), out = held;
    std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> by_offer;
    std::map<std::string, std::uint32_t> by_buyer;
  };

  // One order, or one line of a basket, as its engine has it.
  void count(Books& books, OfferIndex offer, const Order& order) {
    std::uint32_t live = 0;
    if (order.status == OrderStatus::held) books.held[offer.value] += order.quantity;
    if (order.status == OrderStatus::held || order.status == OrderStatus::waiting) live = order.quantity;
    if (order.status == OrderStatus::confirmed) live = order.confirmed_quantity - order.returned_quantity;
    if (order.status == OrderStatus::confirmed) books.out[offer.value] += order.confirmed_quantity;
    const std::string buyer(order.buyer);
    REQUIRE((books.by_offer[{buyer, offer.value}] += live) <= kLimit);
    REQUIRE((books.by_buyer[buyer] += live) <= kTotalLimit);
  }

  // Every unit is in an order that is held or sold, or free; a basket's lines are all of one mind.
  void check_books(House& house) {
    Books books;
    for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
      Engine& engine = house.owner({offer});
      for (const OrderNumber number : house.numbers({offer})) {
        const Order order = engine.order(*engine.find(number));
        if (order.lines.empty()) count(books, {offer}, order);
        for (const OrderLine& line : order.lines) {
          Engine& owner = house.owner(line.offer);
          const Order part = owner.order(*owner.part(order.number, line.offer));
          count(books, line.offer, part);
          REQUIRE((part.status == OrderStatus::confirmed) == (order.status == OrderStatus::confirmed));
          if (order.status == OrderStatus::cancelled) REQUIRE(part.status == OrderStatus::expired);
        }
      }
    }
    for (std::uint32_t offer = 0; offer < kOffers; ++offer) {
      CAPTURE(offer);
      const OfferStock stock = house.stock({offer});
      REQUIRE(stock.allocated == kStock);
      REQUIRE(stock.allocated == stock.available + stock.held + stock.sold);
      REQUIRE(stock.available >= 0);
      REQUIRE(stock.held == books.held[offer]);
      REQUIRE(stock.sold <= books.out[offer]);  // less what was returned and can be sold again
    }
  }

  ManualClock clock_;
  const CatalogChangeSet shop_;
  std::map<std::uint64_t, Promise> promised_;
  std::vector<OrderNumber> numbers_;
  std::size_t baskets_ = 0;
  std::uint64_t hash_ = 0;
};

TEST_CASE("over hundreds of crashes an order's life goes on where the last durable answer left it") {
  std::size_t promises = 0, baskets = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Saga saga(seed);
    for (int life = 0; life < 6; ++life) {
      saga.live();
      saga.die();
    }
    saga.live();
    promises += saga.promises();
    baskets += saga.baskets();
  }
  CHECK(promises > 4'000);  // the sagas did happen
  CHECK(baskets > 200);
}

}  // namespace
}  // namespace doorbuster
