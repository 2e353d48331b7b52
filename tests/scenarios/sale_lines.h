#pragma once
// The lines of a scenario that say what is for sale.

#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "scenarios/line.h"

namespace doorbuster {

struct Sales {
  Configuration configuration;
  Tick at;  // when it comes into force
};

// `sale`, `offer`, `rule` and `item` lines, a whole configuration. Throws CannotRead.
Sales read_sales(const std::vector<std::string>& lines);

}  // namespace doorbuster
