// Tenants come, go and come back; their campaigns go with them.

#include <string>
#include <vector>

#include "doorbuster/catalog/audit.h"
#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kRoomForOrders = 1'000;

CampaignConfiguration campaign(const std::string& tenant, const std::string& id) {
  CampaignConfiguration value;
  value.id = value.name = id;
  value.tenant = tenant;
  value.currency = "EUR";
  value.starts_at = {100};
  value.ends_at = {200};
  value.offers = {{"x", 10, 5, 5}};
  return value;
}

// The change, in force.
struct House {
  CatalogPointer catalog = std::make_shared<const Catalog>();
  CatalogChangeSet change;

  void load(const std::vector<std::string>& tenants, const std::vector<CampaignConfiguration>& campaigns) {
    Configuration configured;
    configured.campaigns = campaigns;
    for (const std::string& id : tenants) configured.tenants.push_back({.id = id});
    take(plan_change(*catalog, committed(), configured, kRoomForOrders));
  }
  void put(const CampaignConfiguration& campaign) {
    take(plan_put(*catalog, committed(), campaign, kRoomForOrders));
  }
  const CampaignPut& find(const std::string& tenant, const std::string& id) const {
    return catalog->find_campaign(catalog->find_tenant(tenant)->tenant, id)->definition;
  }

 private:
  std::vector<std::int64_t> committed() const {
    return std::vector<std::int64_t>(catalog->offers().size(), 0);
  }
  void take(Result<CatalogChangeSet> planned) {
    REQUIRE(planned);
    change = std::move(*planned);
    REQUIRE(check_change(*catalog, change));
    catalog = apply_change(*catalog, change);
  }
};

TEST_CASE("tenants get ids in the order in which they come, and the same one when they come back") {
  House house;
  house.load({"default", "acme", "bolt"}, {campaign("acme", "sale"), campaign("bolt", "sale")});
  CHECK(house.change.tenants.size() == 2);  // the first one is there
  CHECK(house.catalog->find_tenant("acme")->tenant == TenantId{2});
  CHECK(house.find("bolt", "sale").tenant == TenantId{3});
  CHECK(house.find("acme", "sale").campaign != house.find("bolt", "sale").campaign);
  house.load({"acme", "bolt"}, {campaign("acme", "sale"), campaign("bolt", "sale")});
  CHECK(house.change.empty());

  house.load({"bolt"}, {campaign("bolt", "sale")});
  CHECK_FALSE(house.catalog->find_tenant("acme")->listed);
  CHECK_FALSE(house.find("acme", "sale").listed);
  CHECK(house.find("bolt", "sale").listed);

  house.load({"new", "acme", "bolt"}, {campaign("acme", "sale"), campaign("bolt", "sale")});
  CHECK(house.catalog->find_tenant("acme")->listed);
  CHECK(house.catalog->find_tenant("acme")->tenant == TenantId{2});
  CHECK(house.catalog->find_tenant("new")->tenant == TenantId{4});
  CHECK(house.find("acme", "sale").listed);
}

TEST_CASE("a campaign that no file has goes with its tenant, and another's stays") {
  House house;
  house.load({"acme", "bolt"}, {});
  house.put(campaign("acme", "mine"));
  house.put(campaign("bolt", "mine"));
  house.load({"acme", "bolt"}, {});
  CHECK(house.find("acme", "mine").listed);
  house.load({"bolt"}, {});
  CHECK_FALSE(house.find("acme", "mine").listed);
  CHECK(house.find("bolt", "mine").listed);
}

TEST_CASE("the file is remembered for another tenant's campaign as for the first's") {
  House house;
  house.load({"acme"}, {campaign("acme", "sale")});
  CampaignConfiguration renamed = campaign("acme", "sale");
  renamed.name = "By hand";
  house.put(renamed);
  house.load({"acme"}, {campaign("acme", "sale")});
  CHECK(house.find("acme", "sale").name == "By hand");
  house.put(campaign("acme", "sale"));
  CHECK(house.find("acme", "sale").file_definition == 0);
}

TEST_CASE("a file's change is one entry of the audit trail for each tenant, with the own differences") {
  House house;
  const CatalogPointer before = house.catalog;
  house.load({"acme", "bolt"}, {campaign("acme", "sale"), campaign("default", "sale")});
  const std::vector<AuditEntry> entries = audit_entries(*before, house.change, Tick{1});
  REQUIRE(entries.size() == 3);
  AuditLog log;
  for (const AuditEntry& entry : entries) log.append(entry);
  for (std::uint32_t id = 1; id <= 3; ++id) {
    INFO(id);
    AuditQuery query;
    query.tenant = TenantId{id};
    const AuditPage page = log.read(query);
    REQUIRE(page.entries.size() == 1);
    CHECK(page.entries[0].campaigns.size() == (id == 3 ? 0U : 1U));
    CHECK(page.entries[0].description.differences.empty() == (id == 3));
  }
}

TEST_CASE("a definition is of the tenant that it names, else of the one that is given") {
  House house;
  house.load({"acme"}, {campaign("acme", "sale"), campaign("default", "open")});
  const std::string own = definition_json(*house.catalog, house.find("acme", "sale").campaign);
  CHECK_THAT(own, Catch::Contains(R"("tenant":"acme")"));
  CHECK(parse_definition(own).campaign->tenant == "acme");
  const std::string open = definition_json(*house.catalog, house.find("default", "open").campaign);
  CHECK_THAT(open, !Catch::Contains("tenant"));
  CHECK(parse_definition(open).campaign->tenant == "default");
  CHECK(parse_definition(open, "acme").campaign->tenant == "acme");
}

}  // namespace
}  // namespace doorbuster
