#pragma once
// What a world has said, in the words of a scenario.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/world.h"

namespace doorbuster {

std::optional<OfferIndex> offer_index(const World& world, const std::string& campaign,
                                      const std::string& sku);

// "what: one reason; another", a line each.
std::string refusal_text(const std::string& message);
// What is left in the pool, of each item.
std::string pool_text(const World& world);
std::string outcome_text(const World& world, const Decision& decision);
// What a refusal has to say besides its code: which list of the audience, or when the sale starts. `sku` is
// the one that it is about.
std::string reason_text(const World& world, Outcome outcome, const std::string& campaign,
                        const std::string& sku, const Buy& wanted, Tick at);
// As GET shows it: a hold whose time is over has expired, whether or not anybody has written that down.
std::string order_text(const World& world, const std::string& sku, const Order& order, Tick at);
// "; 3 of 5 left, 1 held", and for several SKUs a line with all of them.
std::string stock_text(const World& world, const std::string& campaign, const std::string& sku);
std::string stock_lines(const World& world, const std::string& campaign,
                        const std::vector<std::string>& skus);
// Where a campaign stands: "paused, 08:00:00 to 20:00:00".
std::string phase_text(const World& world, const std::string& campaign, Tick at);
// The price of each offer, and the next that is planned.
std::string price_text(const World& world, const std::string& campaign, Tick at);

}  // namespace doorbuster
