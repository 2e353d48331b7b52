#pragma once
// Units of an offer that are kept for one channel until an instant; then they are everybody's.

#include <cstdint>
#include <span>
#include <string>

#include "doorbuster/model/plan.h"

namespace doorbuster {

// Of all channels together: never above the offer's stock.
std::int64_t units_kept(std::span<const ChannelQuota> quotas);

// As a configuration says it: [{"channel":"app","units":100,"until":"2026-11-27T10:00:00Z"}]
std::string channel_quotas_json(std::span<const ChannelQuota> quotas);

}  // namespace doorbuster
