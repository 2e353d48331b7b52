#pragma once
// The "offer_rules" of a campaign.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// Reads the array, and reports what is wrong with it. `rules` has them as they are kept, offer_rule_json();
// none, when one of them is wrong.
void read_offer_rules(JsonReader& reader, const JsonNode& node, std::vector<std::string>& rules);

// Gives each campaign the offers that its rules make of the configuration's items, and reports at a rule's
// place what it cannot make. `root` is what the configuration was read from.
void expand_offer_rules(JsonReader& reader, const JsonNode& root, Configuration& configuration);

// The keys of one rule; `under` is its place.
void add_offer_rule_keys(std::string_view under, std::vector<std::string>& keys);

}  // namespace doorbuster
