#pragma once
// The lines of a scenario that say what is for sale.

#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "scenarios/line.h"

namespace doorbuster {

struct Sales {
  std::vector<CampaignConfiguration> campaigns;
  Tick at;  // when they come into force
};

// `sale` and `offer` lines, a whole configuration. Throws CannotRead.
Sales read_sales(const std::vector<std::string>& lines);

}  // namespace doorbuster
