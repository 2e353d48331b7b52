// What is told of a sale, and when: by hand, with a board and a time of our own.

#include "stream/sale_watch.h"

#include "stream/snapshots.h"
#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

OfferPut stepped(OfferPut put, std::int64_t price, Tick from) {
  put.plan.price_steps.push_back({.from = from, .kind = PriceLayer::Kind::price, .value = price});
  return put;
}

struct Watched {
  Watched(std::vector<CampaignPut> campaigns, std::vector<OfferPut> offers, Tick now = after(kOpens, 1)) {
    watch.set_catalog(catalog_of(std::move(campaigns), std::move(offers)), now, events);
    CHECK(events.empty());  // where telling begins, nothing is different
  }

  void sell(std::uint32_t offer, std::int64_t allocated, std::int64_t sold,
            Availability availability = Availability::on_sale) {
    const OfferStock stock{.allocated = allocated, .available = allocated - sold, .held = 0, .sold = sold};
    REQUIRE(board.publish({offer}, availability, stock));
    board.mark_changed({offer});
  }
  // The data of the events since the last call, without the names of their members' campaign and time.
  std::string told() {
    std::string text;
    for (const ChunkPointer& event : events) {
      std::string one(event->text());
      const auto offers = one.find("\"offers\":");
      text += offers == std::string::npos ? one : one.substr(offers + 9, one.size() - offers - 11);
    }
    events.clear();
    return text;
  }
  std::string changed(Tick now = after(kOpens, 2)) {
    watch.take_changed(now, events);
    return told();
  }
  std::string passed(Tick now) {
    watch.pass_instants(now, events);
    return told();
  }

  Board board{100};
  SaleWatch watch{board};
  Events events;
};

constexpr Tick kStep = after(kOpens, 60 * kNsPerSecond);

}  // namespace

TEST_CASE("an offer is told with what has changed of it, and once however often it has") {
  CampaignPut showing = campaign_put(0);
  showing.show_remaining = true;
  Watched shop({showing}, {offer_put(0, 5), offer_put(1, 5)});
  CHECK(shop.changed() == "");
  for (int sold = 1; sold < 4; ++sold) shop.sell(0, 5, sold);
  CHECK(shop.changed() == R"([{"sku":"sku-0","remaining":2}])");
  CHECK(shop.changed() == "");
  shop.sell(0, 5, 5, Availability::sold_out);
  shop.sell(1, 5, 1);
  CHECK(shop.changed() ==
        R"([{"sku":"sku-0","availability":"sold_out","remaining":0},{"sku":"sku-1","remaining":4}])");
}

TEST_CASE("what is left is a secret where the campaign does not show it") {
  Watched shop({campaign_put(0)}, {offer_put(0, 5)});
  shop.sell(0, 5, 1);
  CHECK(shop.changed() == "");
  shop.sell(0, 5, 5, Availability::all_held);
  CHECK(shop.changed() == R"([{"sku":"sku-0","availability":"all_held"}])");
}

TEST_CASE("offers of two campaigns are two events, and each has its campaign") {
  Watched shop({campaign_put(0), campaign_put(1)},
               {offer_put(0, 5), offer_put(1, 5, 4990, 1), offer_put(2, 5)});
  for (const std::uint32_t offer : {0U, 1U, 2U}) shop.sell(offer, 5, 5, Availability::sold_out);
  shop.watch.take_changed(after(kOpens, 2), shop.events);
  REQUIRE(shop.events.size() == 2);
  CHECK(shop.events[0]->scope().campaign == CampaignIndex{0});
  CHECK(shop.events[1]->scope().campaign == CampaignIndex{1});
  CHECK(shop.told() ==
        R"([{"sku":"sku-0","availability":"sold_out"},{"sku":"sku-2","availability":"sold_out"}])"
        R"([{"sku":"sku-1","availability":"sold_out"}])");
}

TEST_CASE("a price is told at its instant, prepared or not, and not before") {
  const bool prepared = GENERATE(true, false);
  Watched shop({campaign_put(0)}, {stepped(offer_put(0, 5), 3990, kStep), offer_put(1, 5)});
  REQUIRE(shop.watch.next_instant() == kStep);
  Deflater deflater;
  if (prepared) {
    CHECK(shop.watch.prepare(&deflater));
    CHECK_FALSE(shop.watch.prepare(&deflater));
  }
  CHECK(shop.watch.offer({0}).price == 4990);
  CHECK(shop.passed({kStep.ns - 1}) == "");
  CHECK(shop.passed(kStep) == R"([{"sku":"sku-0","price":3990}])");
  CHECK(shop.watch.offer({0}).price == 3990);
  CHECK(shop.passed(after(kStep, 1)) == "");
  CHECK(shop.watch.next_instant() == kCloses);
}

TEST_CASE("what sells while a price is being prepared is told before it and stays told") {
  Watched shop({campaign_put(0)}, {stepped(offer_put(0, 5), 3990, kStep)});
  REQUIRE(shop.watch.prepare(nullptr));
  shop.sell(0, 5, 5, Availability::sold_out);
  CHECK(shop.changed({kStep.ns - 1}) == R"([{"sku":"sku-0","availability":"sold_out"}])");
  CHECK(shop.passed(kStep) == R"([{"sku":"sku-0","price":3990}])");
  CHECK(shop.changed(kStep) == "");
  CHECK(shop.watch.offer({0}).showing == Showing::sold_out);
}

TEST_CASE("what was prepared is thrown away when the catalog changes") {
  Watched shop({campaign_put(0)}, {stepped(offer_put(0, 5), 3990, kStep)});
  REQUIRE(shop.watch.prepare(nullptr));
  shop.watch.set_catalog(catalog_of({campaign_put(0)}, {stepped(offer_put(0, 5), 2990, kStep)}, 2),
                         after(kOpens, 3), shop.events);
  shop.told();
  CHECK(shop.passed(kStep) == R"([{"sku":"sku-0","price":2990}])");
}

TEST_CASE("several instants that have passed are told as what has come of them") {
  Watched shop({campaign_put(0)},
               {stepped(stepped(offer_put(0, 5), 3990, kStep), 2990, after(kStep, kNsPerSecond)),
                stepped(offer_put(1, 5), 990, after(kStep, 5))});
  REQUIRE(shop.watch.prepare(nullptr));
  CHECK(shop.passed(after(kStep, 2 * kNsPerSecond)) ==
        R"([{"sku":"sku-0","price":3990}])"
        R"([{"sku":"sku-0","price":2990},{"sku":"sku-1","price":990}])");
}

TEST_CASE("a start puts the offers on sale and an end takes them off") {
  Watched shop({campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)}, {kOpens.ns - kNsPerSecond});
  CHECK(shop.watch.offer({0}).showing == Showing::not_on_sale);
  REQUIRE(shop.watch.prepare(nullptr));
  // Sold out while the start was being prepared.
  shop.sell(1, 5, 5, Availability::sold_out);
  CHECK(shop.changed({kOpens.ns - 1}) == "");
  shop.watch.pass_instants(kOpens, shop.events);
  REQUIRE(shop.events.size() == 2);
  CHECK(shop.events[0]->text().find(R"("state":"active")") != std::string::npos);
  shop.events.erase(shop.events.begin());
  CHECK(shop.told() ==
        R"([{"sku":"sku-0","availability":"on_sale"},{"sku":"sku-1","availability":"on_sale"}])");
  CHECK(shop.changed(kOpens) == R"([{"sku":"sku-1","availability":"sold_out"}])");

  shop.watch.pass_instants(kCloses, shop.events);
  REQUIRE(shop.events.size() == 2);
  CHECK(shop.events[0]->text().find(R"("state":"ended")") != std::string::npos);
  shop.events.erase(shop.events.begin());
  CHECK(shop.told() ==
        R"([{"sku":"sku-0","availability":"not_on_sale"},{"sku":"sku-1","availability":"not_on_sale"}])");
  CHECK_FALSE(shop.watch.next_instant());
}

TEST_CASE("a change of the catalog tells what is new, different and gone") {
  Watched shop({campaign_put(0), campaign_put(1)},
               {offer_put(0, 5), offer_put(1, 5), offer_put(2, 5, 100, 1)});
  OfferPut gone = offer_put(1, 5), dearer = offer_put(0, 5);
  gone.listed = false;
  dearer.list_price += 1;
  CampaignPut withdrawn = campaign_put(1);
  withdrawn.listed = false;
  shop.watch.set_catalog(
      catalog_of({campaign_put(0), withdrawn}, {dearer, gone, offer_put(2, 5, 100, 1), offer_put(3, 5)}, 2),
      after(kOpens, 5), shop.events);
  std::string campaigns, offers;
  for (const ChunkPointer& event : shop.events) {
    (event->text().starts_with("event: campaign") ? campaigns : offers) += event->text();
  }
  CHECK(campaigns.find(R"({"campaign":"campaign-1","state":"withdrawn",)") != std::string::npos);
  CHECK(offers.find(R"([{"sku":"sku-0","list_price":9981},{"sku":"sku-1","availability":"withdrawn"},)"
                    R"({"sku":"sku-3","price":4990,"list_price":9980,"availability":"on_sale"}]})") !=
        std::string::npos);
  CHECK(offers.find("sku-2") == std::string::npos);  // gone with its campaign
}

TEST_CASE("a snapshot has what was told, in pages, and is made anew only when it has become cheaper") {
  std::vector<OfferPut> offers;
  for (std::uint32_t i = 0; i < 2001; ++i) offers.push_back(offer_put(i, 5));
  Watched shop({campaign_put(0)}, std::move(offers));
  ChunkLog log(1, 1U << 20, 1000);
  Snapshots snapshots;
  std::uint64_t made = 0;
  CHECK(snapshots.of({0}, shop.watch, log, made).pages.size() == 3);
  const std::string last(snapshots.of({0}, shop.watch, log, made).pages.back()->text());
  CHECK(last.find(R"("page":3,"pages":3,"offers":[{"sku":"sku-2000","price":4990,"list_price":9980,)"
                  R"("availability":"on_sale"}]})") != std::string::npos);
  CHECK(made == 1);

  const auto publish = [&] {
    for (const ChunkPointer& event : shop.events) {
      log.append(event);
      snapshots.count(*event);
    }
    shop.events.clear();
  };
  shop.sell(7, 5, 5, Availability::sold_out);
  shop.watch.take_changed(kOpens, shop.events);
  publish();
  CHECK(snapshots.of({0}, shop.watch, log, made).at == 0);
  CHECK(made == 1);
  for (std::uint32_t i = 0; i < 2001; ++i) {
    if (i != 7) shop.sell(i, 5, 5, Availability::sold_out);
  }
  shop.watch.take_changed(kOpens, shop.events);
  publish();
  const Snapshot& second = snapshots.of({0}, shop.watch, log, made);
  CHECK(second.at == log.last());
  CHECK(second.pages.front()->text().find(
            R"("sku-7","price":4990,"list_price":9980,"availability":"sold_out")") != std::string::npos);
  CHECK(made == 2);
}

}  // namespace doorbuster
