// Files and people change the same campaigns in turn: whose word stands.

#include <functional>
#include <string>
#include <vector>

#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kRoomForOrders = 1'000;

using Campaigns = std::vector<CampaignConfiguration>;

CampaignConfiguration campaign(const std::string& id, std::vector<OfferConfiguration> offers) {
  CampaignConfiguration value;
  value.id = value.name = id;
  value.currency = "EUR";
  value.starts_at = {100};
  value.ends_at = {200};
  value.offers = std::move(offers);
  return value;
}

const CampaignConfiguration kA = campaign("a", {{"x", 10, 5, 5}, {"y", 10, 5, 5}});
const CampaignConfiguration kB = campaign("b", {{"x", 10, 5, 5}});

CampaignConfiguration named(CampaignConfiguration value, std::string name) {
  value.name = std::move(name);
  return value;
}

CampaignConfiguration priced(CampaignConfiguration value, std::int64_t price) {
  value.offers[0].price = price;
  return value;
}

// A data folder's catalog and what it sold. Every change is one that can follow, and asking again changes
// nothing.
class Folder {
 public:
  explicit Folder(const Campaigns& campaigns = {}) { file(campaigns); }

  std::size_t file(const Campaigns& campaigns) {
    const auto plan = [&] { return plan_change(*catalog_, committed_, campaigns, kRoomForOrders); };
    const std::size_t changed = apply(plan());
    CHECK(plan()->empty());
    return changed;
  }
  std::size_t put(const CampaignConfiguration& configured) {
    const auto plan = [&] { return plan_put(*catalog_, committed_, configured, kRoomForOrders); };
    const std::size_t changed = apply(plan());
    CHECK(plan()->empty());
    return changed;
  }
  std::size_t remove(const std::string& id) {
    const std::size_t changed = apply(plan_remove(*catalog_, index(id)));
    CHECK(plan_remove(*catalog_, index(id)).empty());
    return changed;
  }
  void act(const std::string& id, CampaignAction action, Tick now, std::optional<Tick> until = {}) {
    auto change = plan_action(*catalog_, index(id), action, now, until);
    REQUIRE(change);
    apply(*std::move(change));
  }
  std::string refusal(const CampaignConfiguration& configured, std::uint64_t room = kRoomForOrders) const {
    const Result<CatalogChangeSet> change = plan_put(*catalog_, committed_, configured, room);
    if (change) return "accepted";
    CHECK(change.error().kind == ErrorKind::configuration);
    return change.error().message;
  }

  const Catalog& catalog() const { return *catalog_; }
  CampaignIndex index(const std::string& id) const {
    const Campaign* known = catalog_->find_campaign(kDefaultTenant, id);
    REQUIRE(known != nullptr);
    return known->definition.campaign;
  }
  const CampaignPut& definition(const std::string& id) const {
    return catalog_->campaign(index(id)).definition;
  }
  const OfferPut& offer(const std::string& id, const std::string& sku) const {
    const Offer* known = catalog_->find_offer(index(id), sku);
    REQUIRE(known != nullptr);
    return known->definition;
  }
  std::size_t offers(const std::string& id) const { return catalog_->campaign(index(id)).offers.size(); }
  void sell(const std::string& id, const std::string& sku, std::int64_t units) {
    committed_[offer(id, sku).offer.value] += units;
  }

 private:
  std::size_t apply(Result<CatalogChangeSet> change) {
    if (!change) FAIL(change.error().message);
    if (change->empty()) return 0;
    REQUIRE(check_change(*catalog_, *change).has_value());
    catalog_ = apply_change(*catalog_, *change);
    committed_.resize(catalog_->offers().size(), 0);
    return change->campaigns.size() + change->offers.size();
  }

  CatalogPointer catalog_ = std::make_shared<const Catalog>();
  std::vector<std::int64_t> committed_;
};

TEST_CASE("what is put for the first time is there and no file's, and a reload leaves it there") {
  Folder folder({kA});
  CHECK(folder.put(kB) == 2);
  CHECK(folder.definition("b").by_hand);
  CHECK(folder.definition("b").listed);
  CHECK(folder.file({kA}) == 0);
  CHECK(folder.file({named(kA, "new")}) == 1);
  CHECK(folder.definition("b").listed);
  CHECK(folder.offers("b") == 1);
  CHECK(folder.put(named(kB, "other")) == 1);
  CHECK(folder.definition("b").by_hand);
  CHECK(folder.file({}) == 3);
  CHECK(folder.definition("b").name == "other");
}

TEST_CASE("a file that has it makes it the file's, and withdraws it by leaving it out") {
  Folder folder;
  folder.put(kB);
  CHECK(folder.file({kB}) == 1);  // the campaign, because it is no longer by hand
  CHECK_FALSE(folder.definition("b").by_hand);
  CHECK(folder.file({}) == 2);
  CHECK_FALSE(folder.definition("b").listed);
}

TEST_CASE("putting what is there is no change, in whatever order the offers stand") {
  Folder folder({kA, kB});
  CHECK(folder.put(kA) == 0);
  CampaignConfiguration turned = kA;
  std::swap(turned.offers[0], turned.offers[1]);
  CHECK(folder.put(turned) == 0);
  CHECK(folder.definition("a").file_definition == 0);
  CHECK(folder.catalog().version() == 1);
}

TEST_CASE("only what differs is in the change of a put, and other campaigns are not") {
  Folder folder({kA, kB});
  folder.put(named(kA, "by hand"));  // from here on it is known that a person changed it
  CHECK(folder.put(priced(named(kA, "by hand"), 4)) == 1);
  CHECK(folder.offer("a", "x").price == 4);
  CHECK(folder.offer("b", "x").price == 5);
  CampaignConfiguration more = priced(named(kA, "by hand"), 4);
  more.offers.push_back({"z", 1, 1, 1});
  more.offers.erase(more.offers.begin() + 1);
  CHECK(folder.put(more) == 2);  // y is withdrawn, z is new
  CHECK_FALSE(folder.offer("a", "y").listed);
  CHECK(folder.offer("a", "z").listed);
  CHECK(folder.definition("b").listed);
  // y comes back under its old index.
  const OfferIndex y = folder.offer("a", "y").offer;
  more.offers.push_back(kA.offers[1]);
  CHECK(folder.put(more) == 1);
  CHECK(folder.offer("a", "y").offer == y);
}

struct HandCase {
  std::string name;
  std::function<void(Folder&)> by_hand;
  std::function<bool(const Folder&)> stands;
};

std::vector<HandCase> hand_cases() {
  return {
      {"the name", [](Folder& f) { f.put(named(kA, "by hand")); },
       [](const Folder& f) { return f.definition("a").name == "by hand"; }},
      {"a price", [](Folder& f) { f.put(priced(kA, 4)); },
       [](const Folder& f) { return f.offer("a", "x").price == 4; }},
      {"an offer less", [](Folder& f) { f.put(campaign("a", {kA.offers[0]})); },
       [](const Folder& f) { return f.offers("a") == 1; }},
      {"one offer for another",
       [](Folder& f) {
         f.put(campaign("a", {kA.offers[0], {"z", 1, 1, 1}}));
       },
       [](const Folder& f) {
         return f.catalog().find_offer(f.index("a"), "z") != nullptr && f.offer("a", "z").listed &&
                !f.offer("a", "y").listed;
       }},
      {"two changes",
       [](Folder& f) {
         f.put(named(kA, "once"));
         f.put(priced(kA, 3));
       },
       [](const Folder& f) { return f.offer("a", "x").price == 3 && f.definition("a").name == "a"; }},
      {"an extension and a name",
       [](Folder& f) {
         f.act("a", CampaignAction::extend, {150}, Tick{250});
         CampaignConfiguration extended = named(kA, "longer");
         extended.ends_at = {250};
         f.put(extended);
       },
       [](const Folder& f) { return f.definition("a").ends_at == Tick{250}; }},
      {"the end of it", [](Folder& f) { f.remove("a"); },
       [](const Folder& f) { return !f.definition("a").listed && f.offers("a") == 0; }},
      {"the end of it after a change",
       [](Folder& f) {
         f.put(named(kA, "once"));
         f.remove("a");
       },
       [](const Folder& f) { return !f.definition("a").listed && f.offers("a") == 0; }},
      {"away and back in another form",
       [](Folder& f) {
         f.remove("a");
         f.put(named(kA, "again"));
       },
       [](const Folder& f) { return f.definition("a").listed && f.definition("a").name == "again"; }},
  };
}

TEST_CASE("file, hand, file: the same file does not undo what was done, another one does") {
  for (const HandCase& c : hand_cases()) {
    INFO(c.name);
    Folder folder({kA, kB});
    c.by_hand(folder);
    CHECK(c.stands(folder));
    CHECK_FALSE(folder.definition("a").by_hand);
    CHECK(folder.definition("a").file_definition != 0);
    CHECK(folder.file({kA, kB}) == 0);
    CHECK(folder.file({kA, named(kB, "says nothing about a")}) == 1);
    CHECK(c.stands(folder));
    // Something new about it.
    const CampaignConfiguration anew = campaign("a", {{"x", 11, 9, 9}});
    CHECK(folder.file({anew, kB}) != 0);
    CHECK(folder.definition("a").listed);
    CHECK(folder.definition("a").name == "a");
    CHECK(folder.definition("a").ends_at == Tick{200});
    CHECK(folder.definition("a").file_definition == 0);
    CHECK(folder.offers("a") == 1);
    CHECK(folder.offer("a", "x").price == 9);
    // And then what the file said at first is new again.
    CHECK(folder.file({kA, kB}) != 0);
    CHECK(folder.offers("a") == 2);
    CHECK(folder.offer("a", "x").price == 5);
  }
}

TEST_CASE("who puts what the file says gives the campaign back to it") {
  Folder folder({kA});
  folder.put(priced(kA, 4));
  CHECK(folder.definition("a").file_definition != 0);
  folder.put(kA);
  CHECK(folder.definition("a").file_definition == 0);
  CHECK(folder.file({kA}) == 0);
  folder.remove("a");
  folder.put(kA);
  CHECK(folder.definition("a").file_definition == 0);
  CHECK(folder.file({kA}) == 0);
  CHECK(folder.file({}) == 3);
}

TEST_CASE("what a person withdraws stays away until a file has something new to say") {
  Folder folder({kA, kB});
  CHECK(folder.remove("a") == 3);
  CHECK(folder.file({kA, kB}) == 0);
  // A file without it forgets, so that the one with it is new.
  CHECK(folder.file({kB}) == 1);
  CHECK_FALSE(folder.definition("a").listed);
  CHECK(folder.definition("a").file_definition == 0);
  CHECK(folder.file({kA, kB}) == 3);
  CHECK(folder.definition("a").listed);
  CHECK(folder.offers("a") == 2);
}

TEST_CASE("a change by hand is forgotten with the campaign that a file leaves out") {
  Folder folder({kA});
  folder.put(priced(kA, 4));
  CHECK(folder.file({}) == 3);
  CHECK(folder.file({kA}) == 3);
  CHECK(folder.offer("a", "x").price == 5);
}

TEST_CASE("what a file has withdrawn and a person puts again is no file's, under its old indexes") {
  Folder folder({kA, kB});
  const CampaignIndex a = folder.index("a");
  folder.file({kB});
  CHECK(folder.put(kA) == 3);
  CHECK(folder.index("a") == a);
  CHECK(folder.definition("a").by_hand);
  CHECK(folder.catalog().offers().size() == 3);
  CHECK(folder.file({kB}) == 0);
  CHECK(folder.definition("a").listed);
  folder.remove("a");
  CHECK(folder.file({kB}) == 0);
  CHECK(folder.definition("a").file_definition == 0);
  folder.put(kA);
  CHECK(folder.definition("a").by_hand);
  CHECK(folder.file({kB}) == 0);
  CHECK(folder.definition("a").listed);
}

TEST_CASE("a pause and an early end stand over a put, the end only while the window is the same") {
  Folder folder({kA});
  folder.act("a", CampaignAction::pause, {150});
  folder.act("a", CampaignAction::end, {160});
  folder.put(named(kA, "new"));
  CHECK(folder.definition("a").paused);
  CHECK(folder.definition("a").ended_at == Tick{160});
  CampaignConfiguration longer = named(kA, "new");
  longer.ends_at = {300};
  folder.put(longer);
  CHECK(folder.definition("a").paused);
  CHECK(folder.definition("a").ended_at == Tick{});
}

TEST_CASE("an extension stands over a put of the same schedule, and over the same file after it") {
  CampaignConfiguration weekly = kA;
  weekly.starts_at = {100};
  weekly.ends_at = {400};
  weekly.plan.windows = {{{100}, {200}}, {{300}, {400}}};
  weekly.plan.schedule = R"({"zone":"UTC"})";
  Folder folder({weekly});
  folder.act("a", CampaignAction::extend, {150}, Tick{450});
  folder.put(named(weekly, "new"));
  CHECK(folder.definition("a").ends_at == Tick{450});
  CHECK(folder.definition("a").plan.windows.back() == Window{{300}, {450}});
  folder.put(weekly);  // the file's own words, but not its window
  CHECK(folder.definition("a").name == "a");
  CHECK(folder.definition("a").ends_at == Tick{450});
  CHECK(folder.file({weekly}) == 0);
  CHECK(folder.definition("a").ends_at == Tick{450});

  CampaignConfiguration other = weekly;
  other.plan.schedule = R"({"zone":"Europe/Berlin"})";
  folder.put(other);
  CHECK(folder.definition("a").ends_at == Tick{400});
}

TEST_CASE("a put is refused with all reasons, and changes nothing") {
  Folder folder({kA, kB});
  folder.sell("a", "x", 4);
  folder.sell("a", "y", 2);
  folder.sell("b", "x", 10);
  CampaignConfiguration wrong = kA;
  wrong.currency = "USD";
  wrong.offers[0].stock = 3;
  wrong.offers[1].stock = 1;
  CHECK(folder.refusal(wrong, 13) ==
        "the definition does not fit the data folder: campaign a: currency cannot change from EUR to USD, 6 "
        "units are already sold or held; campaign a, sku x: stock 3 is below the 4 units already sold or "
        "held; campaign a, sku y: stock 1 is below the 2 units already sold or held; 14 orders are possible "
        "with this stock and the tables have room for 13: restart with a larger server.max_orders");
  // Exactly what is sold is possible, and what is left out may be sold: its orders stay and need their room.
  wrong.currency = "EUR";
  wrong.offers[0].stock = 4;
  wrong.offers.pop_back();
  CHECK_THAT(folder.refusal(wrong, 15), Catch::Contains("16 orders are possible"));
  CHECK(folder.refusal(wrong, 16) == "accepted");
  // A campaign that sold nothing can change its currency.
  CampaignConfiguration c = campaign("c", {{"x", 1, 1, 1}});
  folder.put(c);
  c.currency = "JPY";
  CHECK(folder.refusal(c) == "accepted");
}

TEST_CASE("a campaign withdrawn by hand counts what it sold, and cannot come back below that") {
  Folder folder({kA});
  folder.sell("a", "x", 4);
  folder.remove("a");
  CHECK_THAT(folder.refusal(campaign("b", {{"x", 7, 1, 1}}), 10), Catch::Contains("11 orders"));
  CHECK(folder.refusal(campaign("b", {{"x", 6, 1, 1}}), 10) == "accepted");
  CHECK_THAT(folder.refusal(campaign("a", {{"x", 3, 1, 1}})), Catch::Contains("below the 4 units"));
}

}  // namespace
}  // namespace doorbuster
