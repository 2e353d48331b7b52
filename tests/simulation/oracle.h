#pragma once
// Holds the books that were read from the journal against what the clients know.

#include "simulation/books.h"
#include "simulation/history.h"

namespace doorbuster::simulation {

// - What was promised durably is there: the same order, by the same buyer, at the same price.
// - One order for each key, one at most for each time that something was asked without a key.
// - No order and no event that nobody has asked for.
// - What somebody was told durably about an order is still so.
// Throws a Violation.
void check_promises(const Books& books, const History& history);

}  // namespace doorbuster::simulation
