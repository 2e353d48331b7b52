#include "catalog/pool_reader.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <string_view>
#include <tuple>

#include "doorbuster/base/text.h"
#include "doorbuster/catalog/pool.h"

namespace doorbuster {
namespace {

using StockBySku = boost::unordered_flat_map<std::string_view, std::int64_t>;

// The pools of a configuration: one for each tenant.
class Pools {
 public:
  explicit Pools(const Configuration& configuration) {
    add(kDefaultTenantName, configuration.items);
    for (const TenantConfiguration& tenant : configuration.tenants) add(tenant.id, tenant.items);
  }
  // Null: there is no such item.
  const std::int64_t* find(std::string_view tenant, std::string_view sku) const {
    const auto pool = pools_.find(tenant);
    if (pool == pools_.end()) return nullptr;
    const auto stock = pool->second.find(sku);
    return stock == pool->second.end() ? nullptr : &stock->second;
  }

 private:
  void add(std::string_view tenant, std::span<const ItemPut> items) {
    StockBySku& pool = pools_[tenant];
    for (const ItemPut& item : items) pool.emplace(item.sku, item.stock);
  }
  boost::unordered_flat_map<std::string_view, StockBySku> pools_;
};

// Units that a campaign takes, or below 0 gives back, at an instant.
struct Taking {
  std::string_view sku;
  Tick at;
  std::int64_t units = 0;
  const CampaignConfiguration* campaign = nullptr;
};

std::vector<Taking> takings_of(const Configuration& configuration) {
  std::vector<Taking> takings;
  for (const CampaignConfiguration& campaign : configuration.campaigns) {
    if (!campaign.from_pool) continue;
    const Tick from = arms_at(campaign_put_of(campaign));
    for (const OfferConfiguration& offer : campaign.offers) {
      takings.push_back({offer.sku, from, offer.stock, &campaign});
      takings.push_back({offer.sku, campaign.ends_at, -offer.stock, &campaign});
    }
  }
  // What goes back comes before what is taken at the same instant.
  std::stable_sort(takings.begin(), takings.end(), [](const Taking& a, const Taking& b) {
    return std::tie(a.campaign->tenant, a.sku, a.at, a.units) <
           std::tie(b.campaign->tenant, b.sku, b.at, b.units);
  });
  return takings;
}

// The first time that more is taken of one SKU than there is; nothing: it never is.
std::string shortage_of(std::span<const Taking> takings, std::int64_t stock) {
  std::vector<const CampaignConfiguration*> armed;
  std::int64_t taken = 0;
  for (const Taking& taking : takings) {
    taken += taking.units;
    if (taking.units < 0) std::erase(armed, taking.campaign);
    if (taking.units > 0) armed.push_back(taking.campaign);
    if (taken <= stock) continue;
    std::string text = "sku " + std::string(taking.sku) + ": from " + format_rfc3339(taking.at) + " on ";
    for (std::size_t i = 0; i < armed.size(); ++i) text += (i == 0 ? "" : ", ") + armed[i]->id;
    return text + " want " + std::to_string(taken) + " units and the pool has " + std::to_string(stock) +
           ": whoever is armed last is not armed until others have given back";
  }
  return {};
}

}  // namespace

void check_pool_items(JsonReader& reader, const JsonNode& root, const Configuration& configuration) {
  const JsonNode* campaigns = root.find("campaigns");
  const bool is_known = root.find("catalog") == nullptr || reader.sound(root, "catalog") != nullptr;
  if (!is_known || campaigns == nullptr || !campaigns->is(JsonType::array)) return;
  const Pools pools(configuration);
  auto read = configuration.campaigns.begin();
  for (const JsonNode& campaign : campaigns->children()) {
    const std::string& tenant = (read++)->tenant;
    const JsonNode* from_pool = reader.sound(campaign, "from_pool");
    const JsonNode* offers = campaign.find("offers");
    if (from_pool == nullptr || !from_pool->boolean()) continue;
    if (offers == nullptr || !offers->is(JsonType::array)) continue;
    for (const JsonNode& offer : offers->children()) {
      const JsonNode* sku = reader.sound(offer, "sku");
      if (sku == nullptr || pools.find(tenant, sku->string()) != nullptr) continue;
      reader.error(*sku,
                   quoted(sku->string()) +
                       " is no item of \"catalog\": from_pool takes its stock from there; add it, or leave "
                       "from_pool out");
    }
  }
}

std::vector<std::string> find_pool_shortages(const Configuration& configuration) {
  std::vector<std::string> warnings;
  const Pools pools(configuration);
  const std::vector<Taking> takings = takings_of(configuration);
  for (auto first = takings.begin(); first != takings.end() && warnings.size() < kPoolWarningsMax;) {
    const auto next = std::find_if(first, takings.end(), [&](const Taking& t) {
      return t.sku != first->sku || t.campaign->tenant != first->campaign->tenant;
    });
    const std::int64_t* stock = pools.find(first->campaign->tenant, first->sku);
    std::string warning = shortage_of({first, next}, stock == nullptr ? 0 : *stock);
    if (!warning.empty()) warnings.push_back(std::move(warning));
    first = next;
  }
  return warnings;
}

}  // namespace doorbuster
