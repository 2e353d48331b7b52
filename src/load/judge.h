#pragma once
// The judge's rules: what was promised on the wire against what is so. No I/O; audit.h gets the facts.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/tick.h"
#include "load/lives.h"
#include "load/order_state.h"
#include "load/record.h"
#include "load/server_view.h"
#include "load/wire.h"

namespace doorbuster::load {

// One promise of the contract and whether it was kept.
struct Check {
  std::string name = {};
  std::string compared = {};  // "9 SKUs", "4 812 orders": what the check looked at
  std::string skipped = {};   // why it was not made; empty: it was
  std::uint64_t broken = 0;
  std::vector<std::string> examples = {};  // the first kExamplesMax of them

  static constexpr std::size_t kExamplesMax = 5;
  bool passed() const { return broken == 0; }
  void fail(std::string example) {
    if (examples.size() < kExamplesMax) examples.push_back(std::move(example));
    ++broken;
  }
};

struct Judgement {
  std::vector<Check> checks;
  bool passed() const;
  std::string verdict() const;  // "PASS", or "FAIL " and the reason
};

// An order, or a place in the line, that the server said yes to.
struct Promise {
  std::string order, buyer;
  std::vector<OrderLine> lines;  // as they were asked for, no SKU twice; one, but of a basket
  bool basket = false;
  std::string key;     // empty: none
  std::string device;  // the identity that it was bought with; empty: none
  bool durable = true;
  bool waits = false;    // "wait": true
  bool in_line = false;  // it began as a place in the line
  Tick first_expires_at = {};
  OrderState state = {};
  std::uint32_t quantity() const;  // in all lines
  friend bool operator==(const Promise&, const Promise&) = default;
};
// As the buy's reply told it, before anything else came of it.
Promise promise_of(const RequestRecord& bought, const Told& told, const std::vector<SkuTerms>& skus,
                   const Names& names);

// What one run was promised, drawn from its record.
struct Promises {
  std::vector<Promise> orders;  // one for each acceptance, replays left out
  std::vector<std::int64_t>
      unknown_units;  // by SKU: in requests that may have been accepted without our knowing
  // By SKU: the smallest quantity of a line that was refused as sold out.
  std::vector<std::optional<std::uint32_t>> sold_out_quantity;
};
Promises promises_of(const Lives& lives, const std::vector<SkuTerms>& skus, const Names& names);

// --- from the run's own record ---

// Every request has one outcome, and each is one that its request may have.
Check judge_outcomes(const RunRecord& record);
// All acceptances of a key are the same order, and no more than one of them is not marked as a replay; a key
// with another body is refused.
Check judge_keys(const RunRecord& record);
// Nothing was sold above the buyer's expected price.
Check judge_prices(const RunRecord& record);
// `wall_start` is our wall clock at the record's time 0.
Check judge_window(const RunRecord& record, const CampaignView& campaign, Tick wall_start);

// Thousands with a thin gap: 1 234 567.
std::string grouped(std::int64_t number);
// "1 234 orders", "1 order"
std::string count_of(std::size_t count, std::string_view noun);

}  // namespace doorbuster::load
