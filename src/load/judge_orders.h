#pragma once
// What the server says at the end against what it had acknowledged: orders and units. No I/O.

#include <optional>
#include <string>
#include <vector>

#include "doorbuster/base/tick.h"
#include "load/judge.h"
#include "load/server_view.h"

namespace doorbuster::load {

// What GET of the order, or of the place in the line, said; nothing: 404 order_not_found.
using FoundOrder = std::optional<OrderView>;

struct OrderFacts {
  const std::vector<Promise>& orders;
  const std::vector<FoundOrder>& found;  // found[i] belongs to orders[i]
  std::string campaign;
  // Between which times of the server all of them were found.
  Tick found_from, found_until;
  // False: the load died, and nobody knows what was asked and not answered.
  bool record_is_complete = true;
};
// Every acknowledged order is there once, as it was acknowledged, in the state that its record says.
Check judge_orders(const OrderFacts& facts);

struct StockFacts {
  std::string sku;
  StockView before, after;
  // Units sold as the orders say that were found: exactly, but for returns without an answer.
  std::int64_t sold_min = 0, sold_max = 0;
  std::int64_t held_max = 0;        // of orders that are still held, or wait to be
  std::int64_t unknown_units = 0;   // in buys without an answer: sold, held or neither
  bool unknown_is_complete = true;  // false: how many requests had no answer is not known
  bool restocked = false;           // units came back after they had been sold
  std::optional<std::uint32_t> sold_out_quantity = {};
};
// Adds what one line of an order means for its SKU.
void add_line(StockFacts& fact, const Promise& promise, const OrderLine& line, const FoundOrder& found);
// Allocated is available, held and sold, and sold is what was confirmed and not given back to be sold again.
Check judge_stock(const std::vector<StockFacts>& facts);
Check judge_sell_out(const std::vector<StockFacts>& facts);

// What every look at the stock must show. "" when it does.
std::string wrong_in_stock(const StockView& view);

}  // namespace doorbuster::load
