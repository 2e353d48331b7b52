#pragma once
// The "tenants" and "api_keys" parts of a configuration file, and the secrets that audiences are signed with.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

void read_audience_tokens(JsonReader& reader, const JsonNode& node, AudienceTokenOptions& options);
void read_tenants(JsonReader& reader, const JsonNode& node, Configuration& configuration);
void read_api_keys(JsonReader& reader, const JsonNode& node, Configuration& configuration);

// What no part can say alone: keys and campaigns belong to tenants that there are, and a campaign that only a
// key can reach has one.
void check_tenants(JsonReader& reader, const JsonNode& root, const Configuration& configuration);

void add_audience_token_keys(std::string_view under, std::vector<std::string>& keys);
void add_access_keys(std::vector<std::string>& keys);

}  // namespace doorbuster
