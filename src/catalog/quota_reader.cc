#include "catalog/quota_reader.h"

#include <algorithm>
#include <numeric>

#include "catalog/campaign_reader.h"
#include "catalog/time_reader.h"
#include "doorbuster/base/text.h"
#include "doorbuster/catalog/quotas.h"

namespace doorbuster {
namespace {

constexpr JsonMember<ChannelQuota> kQuotaMembers[] = {
    {"channel", Presence::required,
     [](JsonReader& r, const JsonNode& n, ChannelQuota& q) { r.identifier(n, q.channel); }},
    {"units", Presence::required,
     [](JsonReader& r, const JsonNode& n, ChannelQuota& q) {
       r.integer(n, {1, kStockMax, "units"}, q.units);
     }},
    {"until", Presence::required,
     [](JsonReader& r, const JsonNode& n, ChannelQuota& q) { read_time(r, n, q.until); }},
};

}  // namespace

void read_channel_quotas(JsonReader& reader, const JsonNode& node, std::vector<ChannelQuota>& quotas) {
  reader.array(node, {0, kChannelQuotasMax},
               [&](const JsonNode& quota) { reader.object(quota, kQuotaMembers, quotas.emplace_back()); });
  std::sort(quotas.begin(), quotas.end(),
            [](const ChannelQuota& a, const ChannelQuota& b) { return a.channel < b.channel; });
}

void check_channel_quotas(JsonReader& reader, const JsonNode& node, const OfferConfiguration& offer) {
  const JsonNode* quotas = reader.sound(node, "channel_quotas");
  if (quotas == nullptr || reader.sound(node, "stock") == nullptr) return;
  const std::int64_t kept = units_kept(offer.plan.channel_quotas);
  if (kept <= offer.stock) return;
  reader.error(*quotas, "keeps " + std::to_string(kept) + " units of a stock of " +
                            std::to_string(offer.stock) + ": at most the stock can be kept for channels");
}

void add_channel_quota_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kQuotaMembers, keys);
}

std::int64_t units_kept(std::span<const ChannelQuota> quotas) {
  return std::accumulate(quotas.begin(), quotas.end(), std::int64_t{0},
                         [](std::int64_t sum, const ChannelQuota& quota) { return sum + quota.units; });
}

std::string channel_quotas_json(std::span<const ChannelQuota> quotas) {
  std::string out = "[";
  for (const ChannelQuota& quota : quotas) {
    if (out.size() > 1) out += ',';
    out += R"({"channel":)";
    append_json_string(out, quota.channel);
    out += R"(,"units":)" + std::to_string(quota.units) + R"(,"until":")" + format_rfc3339(quota.until) +
           R"("})";
  }
  return out + ']';
}

}  // namespace doorbuster
