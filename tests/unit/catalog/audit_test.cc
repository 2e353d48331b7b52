#include "doorbuster/catalog/audit.h"

#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

// campaign-0 with sku-0 and sku-1, campaign-1 with sku-2.
CatalogPointer two_campaigns() {
  return catalog_of({campaign_put(0), campaign_put(1)},
                    {offer_put(0, 10), offer_put(1, 20), offer_put(2, 30, 4990, 1)});
}

std::string text_of(const ChangeDescription& description) {
  JsonWriter json;
  json.begin_object();
  write_differences(json, "d", description);
  json.end_object();
  return std::move(json).take();
}

// "sku.member before > after", a line each.
std::string lines(const ChangeDescription& description) {
  std::string text;
  for (const Difference& each : description.differences) {
    text += each.campaign + (each.sku.empty() ? "" : "/" + each.sku) + "." + std::string(each.member) + " " +
            each.before + " > " + each.after + "\n";
  }
  return text;
}

AuditEntry entry(std::uint64_t change, std::string author = "admin", std::string action = "pause",
                 std::vector<std::uint32_t> campaigns = {0}) {
  AuditEntry made;
  made.change = change;
  made.origin = {ChangeOrigin::Source::admin, std::move(author), std::move(action), ""};
  made.campaigns = std::move(campaigns);
  return made;
}

std::string numbers(const AuditPage& page) {
  std::string text;
  for (const AuditEntry& each : page.entries) text += std::to_string(each.change) + " ";
  return text + "next " + std::to_string(page.next);
}

TEST_CASE("every member of a campaign that changes is told with its value before and after") {
  const CatalogPointer catalog = two_campaigns();
  struct Case {
    void (*edit)(CampaignPut&);
    const char* told;
  };
  const Case cases[] = {
      {[](CampaignPut& c) { c.name = "Other \"name\""; }, R"(name "Campaign 0" > "Other \"name\"")"},
      {[](CampaignPut& c) { c.currency = "USD"; }, R"(currency "EUR" > "USD")"},
      {[](CampaignPut& c) { c.starts_at = after(kOpens, kNsPerSecond); },
       R"(starts_at "2026-11-27T08:00:00Z" > "2026-11-27T08:00:01Z")"},
      {[](CampaignPut& c) { c.ends_at = after(kCloses, kNsPerSecond); },
       R"(ends_at "2026-11-27T20:00:00Z" > "2026-11-27T20:00:01Z")"},
      {[](CampaignPut& c) { c.hold_seconds = 5; }, "hold_seconds 0 > 5"},
      {[](CampaignPut& c) { c.hold_max_seconds = 5; }, "hold_max_seconds 0 > 5"},
      {[](CampaignPut& c) { c.limit_per_buyer = 5; }, "limit_per_buyer 0 > 5"},
      {[](CampaignPut& c) { c.limit_per_buyer_total = 5; }, "limit_per_buyer_total 0 > 5"},
      {[](CampaignPut& c) { c.on_payment_failed = PaymentFailure::keep; },
       R"(on_payment_failed "release" > "keep")"},
      {[](CampaignPut& c) { c.grace_seconds = 5; }, "grace_seconds 0 > 5"},
      {[](CampaignPut& c) { c.waitlist = true; }, "waitlist false > true"},
      {[](CampaignPut& c) { c.offer_seconds = 5; }, "offer_seconds 0 > 5"},
      {[](CampaignPut& c) { c.show_remaining = true; }, "show_remaining false > true"},
      {[](CampaignPut& c) { c.plan.price_steps = {{.from = kOpens, .value = 1250}}; },
       R"(price_steps null > [{"starts_at":"2026-11-27T08:00:00Z","discount_percent":12.5}])"},
      {[](CampaignPut& c) { c.plan.price_form.rounding = Rounding::up; }, R"(rounding "half_even" > "up")"},
      {[](CampaignPut& c) {
         c.plan.price_form.ending = PriceEnding{5, 1000};
       },
       R"(ending null > "005")"},
      {[](CampaignPut& c) { c.plan.price_form.floor = 100; }, "price_floor null > 100"},
      {[](CampaignPut& c) {
         c.plan.audience.regions = {"at", "de"};
       },
       R"(regions null > ["at","de"])"},
      {[](CampaignPut& c) { c.plan.audience.segments = {"vip"}; }, R"(segments null > ["vip"])"},
      {[](CampaignPut& c) { c.plan.audience.channels = {"app"}; }, R"(channels null > ["app"])"},
      {[](CampaignPut& c) { c.plan.low_stock.basis_points = 1250; }, "low_stock_percent null > 12.5"},
      {[](CampaignPut& c) { c.plan.low_stock.units = 7; }, "low_stock_units null > 7"},
      {[](CampaignPut& c) { c.plan.schedule = R"({"zone":"UTC"})"; }, R"(schedule null > {"zone":"UTC"})"},
      {[](CampaignPut& c) { c.from_pool = true; }, "from_pool false > true"},
      {[](CampaignPut& c) { c.arm_seconds = 5; }, "arm_seconds 0 > 5"},
      {[](CampaignPut& c) { c.armed = true; }, "armed false > true"},
      {[](CampaignPut& c) { c.paused = true; }, "paused false > true"},
      {[](CampaignPut& c) { c.ended_at = kOpens; }, R"(ended_at null > "2026-11-27T08:00:00Z")"},
      {[](CampaignPut& c) { c.listed = false; }, "listed true > false"},
      {[](CampaignPut& c) { c.by_hand = true; }, R"(source "file" > "admin")"},
      {[](CampaignPut& c) { c.file_definition = 7; }, "changed_by_hand false > true"},
  };
  for (const Case& each : cases) {
    CatalogChangeSet change;
    change.campaigns.push_back(catalog->campaign({0}).definition);
    each.edit(change.campaigns.back());
    CHECK(lines(describe_change(*catalog, change)) == "campaign-0." + std::string(each.told) + "\n");
  }
}

TEST_CASE("every member of an offer that changes is told under its campaign and its SKU") {
  const CatalogPointer catalog = two_campaigns();
  CatalogChangeSet change;
  OfferPut put = catalog->offer({2}).definition;
  put.stock = 31;
  put.price = 4000;
  put.list_price = 5000;
  put.plan.price_steps = {{.from = kOpens, .to = kCloses, .kind = PriceLayer::Kind::price, .value = 3000}};
  put.plan.audience.channels = {"app"};
  put.listed = false;
  change.offers.push_back(put);
  CHECK(lines(describe_change(*catalog, change)) ==
        "campaign-1/sku-2.stock 30 > 31\n"
        "campaign-1/sku-2.list_price 9980 > 5000\n"
        "campaign-1/sku-2.price 4990 > 4000\n"
        "campaign-1/sku-2.price_steps null > "
        "[{\"starts_at\":\"2026-11-27T08:00:00Z\",\"ends_at\":\"2026-11-27T20:00:00Z\",\"price\":3000}]\n"
        "campaign-1/sku-2.channels null > [\"app\"]\n"
        "campaign-1/sku-2.listed true > false\n");
}

TEST_CASE("what is new has null before, and an offer without units is told too") {
  const CatalogPointer catalog = two_campaigns();
  CatalogChangeSet change;
  change.campaigns.push_back(campaign_put(2, 3));
  change.offers.push_back(offer_put(3, 0, 100, 2));
  CHECK(lines(describe_change(*catalog, change)) ==
        "campaign-2.name null > \"Campaign 2\"\n"
        "campaign-2.currency null > \"EUR\"\n"
        "campaign-2.starts_at null > \"2026-11-27T08:00:00Z\"\n"
        "campaign-2.ends_at null > \"2026-11-27T20:00:00Z\"\n"
        "campaign-2.limit_per_buyer null > 3\n"
        "campaign-2/sku-3.stock null > 0\n"
        "campaign-2/sku-3.list_price null > 200\n"
        "campaign-2/sku-3.price null > 100\n");
  CHECK(audit_entries(*catalog, change, kOpens).at(0).campaigns == std::vector<std::uint32_t>{2});
}

TEST_CASE("of windows the ones are told that came and that went, and not all of a year of days") {
  CampaignPut put = campaign_put(0);
  const auto day = [](int number) {
    const Tick from = after(kOpens, number * 24 * 3600 * kNsPerSecond);
    return Window{from, after(from, 3600 * kNsPerSecond)};
  };
  put.plan.windows = {day(0), day(1), day(2)};
  const CatalogPointer catalog = catalog_of({put}, {});
  CatalogChangeSet change;
  change.campaigns = {put};
  change.campaigns[0].plan.windows = {day(0), day(2), day(3)};
  CHECK(lines(describe_change(*catalog, change)) ==
        "campaign-0.occurrences "
        R"([{"starts_at":"2026-11-28T08:00:00Z","ends_at":"2026-11-28T09:00:00Z"}] > )"
        R"([{"starts_at":"2026-11-30T08:00:00Z","ends_at":"2026-11-30T09:00:00Z"}])"
        "\n");
  for (int number = 4; number < 300; ++number) change.campaigns[0].plan.windows.push_back(day(number));
  CHECK(describe_change(*catalog, change).differences[0].after.size() < 1000);
}

TEST_CASE("a change of very much is told in part, with the number of what is left out") {
  const CatalogPointer catalog = two_campaigns();
  CatalogChangeSet change;
  for (std::uint32_t i = 0; i < 1000; ++i) change.offers.push_back(offer_put(3 + i, 1, 100, 1));
  const ChangeDescription description = describe_change(*catalog, change);
  CHECK(description.differences.size() == kAuditDifferencesMax);
  CHECK(description.more == 3 * 1000 - kAuditDifferencesMax);
  CHECK(text_of(description).ends_with("],\"more\":2900}"));
  CHECK(text_of(ChangeDescription{}) == R"({"d":[]})");
}

TEST_CASE("an entry has the number that the catalog gets, and every campaign once that was touched") {
  const CatalogPointer catalog = two_campaigns();
  CatalogChangeSet change;
  change.origin = {ChangeOrigin::Source::admin, "ann", "stock", "why"};
  change.campaigns.push_back(campaign_put(1));
  for (const std::uint32_t offer : {0U, 2U}) change.offers.push_back(catalog->offer({offer}).definition);
  const AuditEntry made = audit_entries(*catalog, change, kOpens).at(0);
  CHECK(made.change == apply_change(*catalog, change)->version());
  CHECK(made.at == kOpens);
  CHECK(made.origin.author == "ann");
  CHECK(made.origin.reason == "why");
  CHECK(made.campaigns == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("the log pages forward from a number, and shows the newest without one") {
  AuditLog log;
  CHECK(numbers(log.read({})) == "next 0");
  CHECK(log.read({}).oldest == 0);
  for (std::uint64_t change = 1; change <= 7; ++change) {
    log.append(entry(change, change % 2 == 0 ? "ann" : "ben", change == 3 ? "end" : "pause",
                     {static_cast<std::uint32_t>(change / 4)}));
  }
  const auto read = [&](auto fill) {
    AuditQuery query;
    fill(query);
    return numbers(log.read(query));
  };
  CHECK(read([](AuditQuery&) {}) == "1 2 3 4 5 6 7 next 7");
  CHECK(read([](AuditQuery& q) { q.limit = 2; }) == "6 7 next 7");
  CHECK(read([](AuditQuery& q) { q.after = 0, q.limit = 3; }) == "1 2 3 next 3");
  CHECK(read([](AuditQuery& q) { q.after = 3, q.limit = 4; }) == "4 5 6 7 next 7");
  CHECK(read([](AuditQuery& q) { q.after = 9; }) == "next 9");
  CHECK(read([](AuditQuery& q) { q.after = 0, q.limit = 2, q.author = "ann"; }) == "2 4 next 4");
  CHECK(read([](AuditQuery& q) { q.after = 4, q.limit = 2, q.author = "ann"; }) == "6 next 7");
  CHECK(read([](AuditQuery& q) { q.action = "end"; }) == "3 next 7");
  CHECK(read([](AuditQuery& q) { q.campaign = CampaignIndex{1}; }) == "4 5 6 7 next 7");
  CHECK(read([](AuditQuery& q) { q.campaign = CampaignIndex{1}, q.author = "ben"; }) == "5 7 next 7");
}

TEST_CASE("the log keeps the newest, by number and by bytes, and says where it begins") {
  AuditLog log;
  for (std::uint64_t change = 1; change <= kAuditEntriesMax + 5; ++change) log.append(entry(change));
  AuditPage page = log.read({});
  CHECK(page.entries.size() == kAuditEntriesMax);
  CHECK(page.oldest == 6);

  const auto large = [](std::uint64_t change, std::size_t bytes) {
    AuditEntry made = entry(change);
    made.description.differences.push_back({"c", "", "name", std::string(bytes, 'x'), "null"});
    return made;
  };
  log.append(large(kAuditEntriesMax + 6, kAuditBytesMax / 2));
  CHECK(log.read({}).oldest == 7);
  log.append(large(kAuditEntriesMax + 7, kAuditBytesMax / 2));
  page = log.read({});
  CHECK(page.oldest == kAuditEntriesMax + 7);
  CHECK(page.entries.size() == 1);
  log.append(large(kAuditEntriesMax + 8, 2 * kAuditBytesMax));  // the newest is never missing
  CHECK(log.read({}).oldest == kAuditEntriesMax + 8);
  log.append(entry(kAuditEntriesMax + 9));
  CHECK(log.read({}).oldest == kAuditEntriesMax + 9);
}

}  // namespace
}  // namespace doorbuster
