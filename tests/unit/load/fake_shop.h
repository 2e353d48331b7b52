#pragma once
// A small shop that keeps the contract, or breaks one promise of it on purpose: what the judge is tried on.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
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
  // --- an order's life
  counts_holds_twice,   // held units are available too, while there are any
  limit_forgets_holds,  // only what is confirmed counts for the limit
  ignores_identities,   // the limit is the buyer's alone
  ignores_total_limit,
  forgets_a_confirmation,  // one in five is acknowledged and not done
  forgets_a_cancellation,  // the same
  confirms_the_whole,      // acknowledges a part, and confirms everything
  keeps_dead_holds,        // nothing ever runs out
  keeps_returns,           // what is given back is not in stock again
  returns_twice,           // the same key gives back again
  hides_return_replays,
  resolves_twice,        // cancels what is confirmed
  changes_its_mind,      // confirms, and asked again says order_not_held
  yes_after_no,          // hold_expired, and asked again confirms
  keeps_late_money,      // hold_expired for a payment, and no refund_due
  forgets_refunds,       // says refund_due and does not keep it
  expires_early,         // one in five confirmations in time is hold_expired
  shortens_holds,        // an extension ends sooner
  extends_for_ever,      // beyond hold_max_seconds
  replays_as_it_stands,  // the same key gets the order as it is now
  serves_the_last,       // of the line
  all_held_for_ever,     // never sold_out
  sold_out_too_soon,     // although units are held
  // --- baskets
  takes_one_line,       // of one basket in ten, only the first line's units are taken
  shows_other_lines,    // the order shows one unit more of its first line
  keeps_refused_lines,  // the lines in front of the one that a basket is refused for stay held
  refuses_without_sku,
};

struct FakeOffer {
  std::string sku;
  std::int64_t stock = 0, price = 0, sold = 0, held = 0;
  std::vector<std::string> line = {};  // orders that wait, the first in front
  std::int64_t available() const { return stock - sold - held; }
};

struct FakeLine {
  std::string sku;
  std::int64_t quantity = 0, price = 0;
};

struct FakeOrder {
  std::string order, sku, buyer, key, device;
  std::int64_t quantity = 0, price = 0;
  std::string status = "confirmed";
  std::int64_t confirmed = 0, returned = 0;
  std::int64_t began_ns = 0, expires_ns = 0, first_expires_ns = 0;
  bool ticket = false, offered = false, refund_due = false;
  std::string payment = {};
  std::set<std::string> return_keys = {};
  std::vector<FakeLine> lines = {};  // of a basket, and then `quantity` is of all of them
  std::size_t lines_taken = 0;       // from the first on; all of them where nothing is wrong
};

// What survives a restart.
struct FakeState {
  std::vector<FakeOffer> offers = {{"hot", 150, 500}, {"warm", 200, 300}};
  std::int64_t limit_per_buyer = 2;
  std::int64_t limit_per_buyer_total = 0;
  std::int64_t hold_ms = 0;  // 0: a buy is final
  std::int64_t hold_max_seconds = 0;
  bool waitlist = false;
  std::map<std::string, FakeOrder> orders = {};          // by name
  std::map<std::string, std::string> order_of_key = {};  // key + sku
  int buys = 0;
};

struct FakeOptions {
  Fault fault = Fault::none;
  int stop_after_buys = 0;   // answers no more and closes everything; 0: never
  int close_every = 0;       // "Connection: close" on every n-th reply; 0: never
  int overloaded_every = 0;  // 503 to every n-th buy or step; 0: never
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
