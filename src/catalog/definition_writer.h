#pragma once

#include <string>

#include "catalog/json_writer.h"
#include "doorbuster/catalog/catalog.h"

namespace doorbuster {

// definition_json(), appended; an offer takes one line in every layout.
void append_definition(std::string& out, const Catalog& catalog, const Campaign& campaign, JsonLayout layout);

}  // namespace doorbuster
