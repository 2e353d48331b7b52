#pragma once
// What a crowd does: how many come when, for which SKU, and how they behave. config/scenarios/README.md has
// the same in prose with every member of the file.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"

namespace doorbuster::load {

// How one visitor behaves. The enumerator is also the word in scenario files and reports.
enum class Actor : std::uint8_t {
  shopper,         // one buy; asks again with the same key when it got no answer or a passing refusal
  no_key,          // one buy without an idempotency key, never repeated
  double_clicker,  // sends the same buy with the same key twice within 50 ms
  lost_reply,      // closes its connection after sending, then asks again with the same key on another one
  key_reuser,      // after its order, sends the key once more with another quantity: must be refused
  limit_pusher,    // goes on buying as the same buyer, each time with a new key
  price_checker,   // expects a price below the one in force: must be refused
  refused_late,    // goes on asking after it was refused as sold out
  // In a campaign with holds these go on where a shopper leaves the order alone; without holds, they ask the
  // same of an order that is final.
  payer,            // confirms with a payment reference, sometimes twice
  abandoner,        // holds and never comes back
  canceller,        // cancels, then cancels again or pays all the same
  late_payer,       // confirms when the hold has run out
  extender,         // extends, then confirms
  partial_payer,    // confirms a part; the rest goes back
  payment_failer,   // reports a failed payment; confirms if the hold is still there
  returner,         // confirms, then returns a unit with a key, sometimes twice
  waiter,           // takes a place in the line where all is held, and confirms what it is offered, or leaves
  identity_sharer,  // a payer who shares a device with others
  basket_buyer,     // buys 2 to 4 SKUs in one order; confirms it or abandons it
};
inline constexpr std::size_t kActorCount = 19;
std::string_view actor_name(Actor actor);

enum class StageShape : std::uint8_t {
  ramp,   // from the rate of the stage before (0 at first) to `rate`, linear
  hold,   // at `rate`
  spike,  // seconds * rate visitors, 19 of 20 in the first half: half-normal with sigma = seconds / 4
};

struct Stage {
  StageShape shape = StageShape::hold;
  double seconds = 0;
  double rate = 0;  // visitors per second
};

enum class Arrivals : std::uint8_t {
  uniform,  // evenly spaced along the stages' rate
  poisson,  // independent visitors: exponential gaps
  burst,    // all visitors of a stage at its start
};

struct SkuMix {
  std::string hot;                // empty: none
  double hot_share = 0;           // of all visitors; the rest is spread over the other SKUs
  double zipf = 1.0;              // exponent of that spread; 0 is even
  std::vector<std::string> only;  // restricts the load to these; empty: every SKU of the campaign
};

struct Scenario {
  std::string name = "plain";
  std::uint64_t seed = 1;
  std::string campaign;  // empty: the first active one that the server lists
  Arrivals arrivals = Arrivals::poisson;
  std::vector<Stage> stages;
  std::uint32_t connections = 16;
  std::uint32_t pipeline = 1;  // requests in flight on one connection
  std::uint32_t buyers = 100'000;
  std::uint32_t quantity = 1;
  std::uint32_t retries = 3;  // per buy, with the same key
  // To judge by, instead of what the server tells.
  std::optional<std::uint32_t> limit_per_buyer, limit_per_buyer_total;
  SkuMix skus;
  std::array<double, kActorCount> actors = {1.0};  // shares by Actor, sum 1
};

// --- bounds ---
inline constexpr std::size_t kScenarioBytesMax = 1U << 20;
inline constexpr std::uint64_t kVisitorsMax = 8'000'000;  // of one run; about 1 GB of plan and record
inline constexpr double kSecondsMax = 3600;
inline constexpr double kRateMax = 10'000'000;
inline constexpr std::uint32_t kLoadConnectionsMax = 16'384;
inline constexpr std::uint32_t kLoadPipelineMax = 256;
inline constexpr std::uint32_t kBuyersMax = 99'999'999;
inline constexpr std::uint32_t kRetriesMax = 20;
inline constexpr std::uint32_t kGeneratorThreadsMax = 64;
inline constexpr std::size_t kScenarioSkusMax = 65'535;
inline constexpr std::uint32_t kSharersOfADevice = 4;  // identity_sharer: buyers 0 to 3, 4 to 7, ...

// How many visitors the stages stand for.
double expected_visitors(const std::vector<Stage>& stages);

// `file` is for messages only. Every error at once, one a line: "file:line:col: /pointer: message"; kind
// usage.
Result<Scenario> parse_scenario(std::string_view text, const std::string& file);
Result<Scenario> read_scenario(const std::string& file);

}  // namespace doorbuster::load
