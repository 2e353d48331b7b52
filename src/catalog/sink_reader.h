#pragma once
// The "sinks" part of a configuration file.

#include <string>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

void read_sinks(JsonReader& reader, const JsonNode& node, Configuration& configuration);
void add_sink_keys(std::vector<std::string>& keys);

}  // namespace doorbuster
