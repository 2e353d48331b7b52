#pragma once
// The key of an offer that keeps units for channels.

#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_reader.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// "channel_quotas": [{"channel": "app", "units": 100, "until": ...}, ...], each channel once. Reports what is
// wrong with it, but for a channel that is there twice.
void read_channel_quotas(JsonReader& reader, const JsonNode& node, std::vector<ChannelQuota>& quotas);
// Reports quotas of an offer that keep more than its stock. `node` is the offer.
void check_channel_quotas(JsonReader& reader, const JsonNode& node, const OfferConfiguration& offer);
// The keys of one quota; `under` is its place.
void add_channel_quota_keys(std::string_view under, std::vector<std::string>& keys);

}  // namespace doorbuster
