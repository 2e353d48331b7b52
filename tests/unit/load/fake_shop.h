#pragma once
// A shop of a hundred lines that keeps the contract, or breaks one promise of it on purpose: what the judge
// is tried on.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace doorbuster::load::testing {

enum class Fault : std::uint8_t {
  none,
  oversells,            // sells three units more than there are
  loses_an_order,       // one in ten orders is acknowledged and then unknown
  doubles_an_order,     // takes the units of one in ten orders twice
  forgets_keys,         // the same key buys again
  hides_replays,        // no Idempotent-Replayed
  accepts_reused_keys,  // the same key with another body buys again
  strands_stock,        // sold_out with two units left
  ignores_the_limit,
  ignores_expected_price,
  changes_the_buyer,  // the order shows somebody else
  same_name_for_two,  // one in ten buys gets the order of the buy before
  answers_nonsense,   // 418 to every tenth buy
  opens_too_early,    // sells although starts_at is in the future
  counts_wrongly,     // allocated is not available + held + sold
};

struct FakeOffer {
  std::string sku;
  std::int64_t stock = 0, price = 0, sold = 0;
};

struct FakeOrder {
  std::string order, sku, buyer, key;
  std::int64_t quantity = 0, price = 0;
};

// What survives a restart.
struct FakeState {
  std::vector<FakeOffer> offers = {{"hot", 150, 500}, {"warm", 200, 300}};
  std::int64_t limit_per_buyer = 2;
  std::map<std::string, FakeOrder> orders;          // by name
  std::map<std::string, std::string> order_of_key;  // key + sku
  int buys = 0;
};

struct FakeOptions {
  Fault fault = Fault::none;
  int stop_after_buys = 0;   // answers no more and closes everything; 0: never
  int close_every = 0;       // "Connection: close" on every n-th reply; 0: never
  int overloaded_every = 0;  // 503 to every n-th buy; 0: never
  std::uint16_t port = 0;    // 0: a free one
};

// Runs on its own thread until destroyed. `state` belongs to that thread until then.
class FakeShop {
 public:
  explicit FakeShop(FakeState& state, FakeOptions options = {});
  ~FakeShop();
  FakeShop(const FakeShop&) = delete;
  FakeShop& operator=(const FakeShop&) = delete;
  std::uint16_t port() const;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }  // api and admin

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace doorbuster::load::testing
