#pragma once
// The "catalog" part of a configuration file: items, and what offer rules know them by.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

// Reads the array with everything in it, and reports what is wrong with it. Indexes are not the reader's.
void read_items(JsonReader& reader, const JsonNode& node, std::vector<ItemPut>& items);

// "electronics/tv": identifiers apart by '/'.
void read_category(JsonReader& reader, const JsonNode& node, std::string& category);

// {"brand": "acme"}: identifiers, sorted by name. At least `min` of them.
void read_attributes(JsonReader& reader, const JsonNode& node, std::size_t min,
                     std::vector<ItemAttribute>& attributes);

// Three capital letters of ISO 4217.
void read_currency(JsonReader& reader, const JsonNode& node, std::string& currency);

// The keys of one item; `under` is its place.
void add_item_keys(std::string_view under, std::vector<std::string>& keys);

}  // namespace doorbuster
