#pragma once
// A sale that may be cut off at any moment, and what must be true after it.

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "e2e/shop.h"

namespace doorbuster {

// What buyers were told until their connections ended.
struct Told {
  std::map<std::string, std::string> orders;  // acknowledged: idempotency key to order
  int journal_failed = 0;
  std::vector<std::string> broken;  // promises: what must never be seen
};

// A sale of more units than anybody asks for.
ShopSpec endless_sale();

// `buyers` connections, each with requests in batches of `pipeline`, every one with a key of its own that
// begins with `prefix`; until `batches` batches are answered or the server is gone. `acknowledged` counts as
// they come.
Told hold_sale(std::uint16_t port, const std::string& prefix, int buyers, int batches, int pipeline,
               std::atomic<int>* acknowledged = nullptr);

// Requires, of a server that runs again on the folder: every acknowledged order is there once and under its
// key, the stock is what the journal says, and the journal has no mistake.
void check_promises(Shop& shop, const Told& told);

// Starts the server again on what is left.
void start_again(Shop& shop);

}  // namespace doorbuster
