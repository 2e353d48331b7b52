// Random lives of a data folder: configurations come and go, units are sold, and what must always hold does.

#include <rapidcheck.h>

#include <map>
#include <string>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Campaigns = std::vector<CampaignConfiguration>;
using Names = std::pair<std::string, std::string>;  // campaign and SKU

constexpr std::uint64_t kRoomForOrders = 100;

// Few names and small numbers, so that the same ones meet again and again.
Campaigns arbitrary_campaigns() {
  Campaigns campaigns;
  for (const std::string id : {"a", "b", "c"}) {
    if (!*rc::gen::arbitrary<bool>()) continue;
    CampaignConfiguration& campaign = campaigns.emplace_back();
    campaign.id = id;
    campaign.name = *rc::gen::element<std::string>("one", "two");
    campaign.currency = *rc::gen::weightedElement<std::string>({{9, "EUR"}, {1, "JPY"}});
    campaign.starts_at = {*rc::gen::inRange<std::int64_t>(0, 2)};
    campaign.ends_at = {*rc::gen::inRange<std::int64_t>(2, 4)};
    campaign.limit_per_buyer = *rc::gen::inRange<std::uint32_t>(0, 2);
    campaign.limit_per_buyer_total = *rc::gen::inRange<std::uint32_t>(0, 2);
    campaign.hold_seconds = *rc::gen::inRange<std::uint32_t>(0, 2);
    campaign.hold_max_seconds = campaign.offer_seconds = campaign.hold_seconds;
    campaign.waitlist = campaign.hold_seconds > 0 && *rc::gen::arbitrary<bool>();
    campaign.show_remaining = *rc::gen::arbitrary<bool>();
    for (const std::string sku : {"w", "x", "y", "z"}) {
      if (!*rc::gen::arbitrary<bool>()) continue;
      campaign.offers.push_back(
          {sku, *rc::gen::inRange<std::int64_t>(0, 12), 5, *rc::gen::inRange<std::int64_t>(4, 6)});
    }
  }
  return campaigns;
}

struct Folder {
  CatalogPointer catalog = std::make_shared<const Catalog>();
  std::vector<std::int64_t> committed;
  std::map<std::string, std::uint32_t> campaign_indexes;  // ever given
  std::map<Names, std::uint32_t> offer_indexes;
};

void sell_some(Folder& folder) {
  for (const Offer& offer : folder.catalog->offers()) {
    std::int64_t& sold = folder.committed[offer.definition.offer.value];
    if (offer.definition.listed && sold < offer.definition.stock) {
      sold = *rc::gen::inRange<std::int64_t>(sold, offer.definition.stock + 1);
    }
  }
}

// What the contract says a refusal needs, told from the configuration alone.
bool must_be_refused(const Folder& folder, const Campaigns& campaigns) {
  std::uint64_t orders = 0;
  std::vector<bool> wanted(folder.committed.size(), false);
  std::map<std::string, std::int64_t> sold_in;
  for (const Offer& offer : folder.catalog->offers()) {
    sold_in[folder.catalog->campaign_of(offer.definition.offer).definition.id] +=
        folder.committed[offer.definition.offer.value];
  }
  for (const CampaignConfiguration& campaign : campaigns) {
    const Campaign* known = folder.catalog->find_campaign(kDefaultTenant, campaign.id);
    if (known != nullptr && known->definition.currency != campaign.currency && sold_in[campaign.id] > 0)
      return true;
    for (const OfferConfiguration& offer : campaign.offers) {
      orders += static_cast<std::uint64_t>(offer.stock);
      const auto index = folder.offer_indexes.find({campaign.id, offer.sku});
      if (index == folder.offer_indexes.end()) continue;
      wanted[index->second] = true;
      if (offer.stock < folder.committed[index->second]) return true;
    }
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i]) orders += static_cast<std::uint64_t>(folder.committed[i]);
  }
  return orders > kRoomForOrders;
}

void check_indexes(Folder& folder) {
  for (const Campaign& campaign : folder.catalog->campaigns()) {
    const auto [known, fresh] =
        folder.campaign_indexes.emplace(campaign.definition.id, campaign.definition.campaign.value);
    RC_ASSERT(known->second == campaign.definition.campaign.value);
  }
  for (const Offer& offer : folder.catalog->offers()) {
    const std::string& campaign = folder.catalog->campaign_of(offer.definition.offer).definition.id;
    const auto [known, fresh] =
        folder.offer_indexes.emplace(Names{campaign, offer.definition.sku}, offer.definition.offer.value);
    RC_ASSERT(known->second == offer.definition.offer.value);
  }
  RC_ASSERT(folder.catalog->campaigns().size() == folder.campaign_indexes.size());
  RC_ASSERT(folder.catalog->offers().size() == folder.offer_indexes.size());
}

void check_shows(const Catalog& catalog, const Campaigns& campaigns) {
  std::size_t campaigns_listed = 0, offers_listed = 0;
  for (const Campaign& campaign : catalog.campaigns())
    campaigns_listed += campaign.definition.listed ? 1U : 0U;
  for (const Offer& offer : catalog.offers()) offers_listed += offer.definition.listed ? 1U : 0U;
  std::size_t offers_wanted = 0;
  for (const CampaignConfiguration& wanted : campaigns) {
    const Campaign* campaign = catalog.find_campaign(kDefaultTenant, wanted.id);
    RC_ASSERT(campaign != nullptr);
    RC_ASSERT(campaign->definition.listed);
    RC_ASSERT(campaign->definition.name == wanted.name);
    RC_ASSERT(campaign->definition.currency == wanted.currency);
    RC_ASSERT(campaign->definition.starts_at == wanted.starts_at);
    RC_ASSERT(campaign->definition.ends_at == wanted.ends_at);
    RC_ASSERT(campaign->definition.limit_per_buyer == wanted.limit_per_buyer);
    RC_ASSERT(campaign->definition.limit_per_buyer_total == wanted.limit_per_buyer_total);
    RC_ASSERT(campaign->definition.hold_seconds == wanted.hold_seconds);
    RC_ASSERT(campaign->definition.waitlist == wanted.waitlist);
    RC_ASSERT(campaign->definition.show_remaining == wanted.show_remaining);
    RC_ASSERT(campaign->offers.size() == wanted.offers.size());
    offers_wanted += wanted.offers.size();
    for (const OfferConfiguration& offer : wanted.offers) {
      const Offer* shown = catalog.find_offer(campaign->definition.campaign, offer.sku);
      RC_ASSERT(shown != nullptr);
      RC_ASSERT(shown->definition.listed);
      RC_ASSERT(shown->definition.stock == offer.stock);
      RC_ASSERT(shown->definition.price == offer.price);
    }
  }
  RC_ASSERT(campaigns_listed == campaigns.size());
  RC_ASSERT(offers_listed == offers_wanted);
}

TEST_CASE(
    "through any life of a data folder, indexes stay, the file is shown, and planning it again is empty") {
  CHECK(rc::check([] {
    Folder folder;
    const int steps = *rc::gen::inRange(1, 12);
    int refused = 0;
    for (int step = 0; step < steps; ++step) {
      const Campaigns campaigns = arbitrary_campaigns();
      const Result<CatalogChangeSet> change =
          plan_change(*folder.catalog, folder.committed, campaigns, kRoomForOrders);
      RC_ASSERT(change.has_value() != must_be_refused(folder, campaigns));
      if (!change) {
        ++refused;
        continue;
      }
      RC_ASSERT(check_change(*folder.catalog, *change).has_value());
      folder.catalog = apply_change(*folder.catalog, *change);
      folder.committed.resize(folder.catalog->offers().size(), 0);
      check_indexes(folder);
      check_shows(*folder.catalog, campaigns);
      const Result<CatalogChangeSet> again =
          plan_change(*folder.catalog, folder.committed, campaigns, kRoomForOrders);
      RC_ASSERT(again.has_value());
      RC_ASSERT(again->empty());
      sell_some(folder);
    }
    RC_CLASSIFY(refused > 0, "with refusals");
  }));
}

TEST_CASE("whatever text is given, the parser has a configuration or something to say about it") {
  const std::vector<std::string> pieces = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           "\"",
                                           "\\",
                                           "\"a\"",
                                           "1",
                                           "-1.5",
                                           "true",
                                           "null",
                                           "\n",
                                           " ",
                                           "server",
                                           "\"campaigns\"",
                                           "[]",
                                           "\"offers\"",
                                           "\xc3\xa9"};
  CHECK(rc::check([&] {
    std::string text;
    for (const std::string& piece :
         *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) {
      text += piece;
    }
    const ParsedConfiguration parsed = parse_configuration(text);
    RC_ASSERT(parsed.configuration.has_value() == parsed.diagnostics.empty());
    for (const Diagnostic& diagnostic : parsed.diagnostics) {
      RC_ASSERT(!diagnostic.message.empty());
      RC_ASSERT(diagnostic.line <= text.size() + 1);
      RC_ASSERT(diagnostic.column <= text.size() + 1);
    }
  }));
}

}  // namespace
}  // namespace doorbuster
