#pragma once
// What a configuration file says about pools that takes the whole file to judge.

#include <string>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// Reports, at its place, each SKU of a campaign with from_pool that is no item of the configuration. `root`
// is what the configuration was read from.
void check_pool_items(JsonReader& reader, const JsonNode& root, const Configuration& configuration);

// SKUs of which campaigns with from_pool want more at one time than the pool has, a sentence each: whoever is
// armed later is not. At most kPoolWarningsMax.
inline constexpr std::size_t kPoolWarningsMax = 1000;
std::vector<std::string> find_pool_shortages(const Configuration& configuration);

}  // namespace doorbuster
