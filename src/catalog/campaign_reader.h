#pragma once
// The "campaigns" part of a configuration file.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// Reads the array with everything in it, and reports what is wrong with it.
void read_campaigns(JsonReader& reader, const JsonNode& node, std::vector<CampaignConfiguration>& campaigns);

// Reads one campaign, and reports what is wrong with it.
void read_campaign(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign);

// Reports names that stand twice under `key` among an array's objects; each is told where it stood first.
void refuse_repeated(JsonReader& reader, const JsonNode& array, std::string_view key, std::string_view what);

// The keys of a campaign and of its offers; `under` is the campaign's place.
void add_campaign_keys(std::string_view under, std::vector<std::string>& keys);

// Reports names that stand twice among an array's objects; each is told where it stood first.
void refuse_repeated(JsonReader& reader, const JsonNode& array, std::string_view key, std::string_view what);

template <typename T, std::size_t N>
void add_keys(std::string_view under, const JsonMember<T> (&members)[N], std::vector<std::string>& keys) {
  for (const JsonMember<T>& member : members)
    keys.push_back(std::string(under) + '/' + std::string(member.key));
}

}  // namespace doorbuster
