#pragma once
// The other way round than item_reader.h.

#include <span>
#include <string>

#include "doorbuster/model/record.h"

namespace doorbuster {

// {"brand":"acme"} on one line.
std::string attributes_json(std::span<const ItemAttribute> attributes);

// The item as an element of "catalog", on one line; what the reader fills in by itself is left out.
void append_item(std::string& out, const ItemPut& item);

}  // namespace doorbuster
