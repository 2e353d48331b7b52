// What a campaign plans ahead, as records.
#include <limits>
#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

constexpr std::size_t kRecordHeadBytes = 40;
constexpr Tick kLastTick{std::numeric_limits<std::int64_t>::max()};

CampaignPut some_campaign() {
  CampaignPut put;
  put.campaign = {3};
  put.starts_at = {100};
  put.ends_at = {100'000};
  put.id = put.name = "s";
  put.currency = "EUR";
  return put;
}

OfferPut some_offer() {
  OfferPut put;
  put.offer = {9};
  put.campaign = {3};
  put.sku = "tv";
  return put;
}

std::vector<std::string> names(std::size_t count, std::size_t bytes) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = std::to_string(100 + i);
    list.push_back(name + std::string(bytes - name.size(), 'x'));
  }
  return list;
}

std::vector<PriceLayer> steps(std::size_t count, PriceLayer::Kind kind) {
  std::vector<PriceLayer> list;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = static_cast<std::int64_t>(i);
    list.push_back({.from = {from}, .to = i % 2 == 0 ? kNoEnd : Tick{from + 1}, .kind = kind, .value = from});
  }
  return list;
}

// All lists at their bounds.
CampaignPut full_campaign() {
  CampaignPut put = some_campaign();
  for (std::size_t i = 0; i < kOccurrencesMax; ++i) {
    const auto from = static_cast<std::int64_t>(100 + 2 * i);
    put.plan.windows.push_back({{from}, {from + 1}});
  }
  put.plan.windows.back().to = put.ends_at;
  put.plan.schedule = std::string(kScheduleBytesMax, 's');
  put.plan.price_steps = steps(kPriceLayersMax, PriceLayer::Kind::discount);
  put.plan.audience = {.regions = names(kAudienceNamesMax, kIdentifierBytesMax),
                       .segments = names(1, 4),
                       .channels = names(kAudienceNamesMax, 4)};
  return put;
}

OfferPut full_offer() {
  OfferPut put = some_offer();
  put.plan.price_steps = steps(kPriceLayersMax, PriceLayer::Kind::price);
  put.plan.audience = {.regions = names(13, kIdentifierBytesMax),
                       .segments = names(kAudienceNamesMax, kIdentifierBytesMax),
                       .channels = {}};
  return put;
}

// Through records and back, into what was put without its plan.
template <typename Put>
auto plan_read_back(const Put& wrote) {
  Put read = wrote;
  read.plan = {};
  for (const PlanPart& part : plan_parts(wrote)) {
    const std::string bytes = encoded(part);
    CHECK(kRecordHeadBytes + bytes.size() <= kJournalRecordBytesMax);
    const auto decoded = decode_plan_part(bytes_of(bytes));
    REQUIRE(decoded.has_value());
    CHECK(encoded(*decoded) == bytes);
    REQUIRE(add_part(*decoded, read));
  }
  return read.plan;
}

TEST_CASE("a plan with every list at its bound reads back as it was, in records of their size") {
  CampaignPut campaign = full_campaign();
  CHECK(plan_read_back(campaign) == campaign.plan);
  const OfferPut offer = full_offer();
  CHECK(plan_read_back(offer) == offer.plan);
  CHECK(plan_parts(some_campaign()).empty());
  CHECK(plan_parts(some_offer()).empty());
}

TEST_CASE("a part of a plan that is cut anywhere, or has a byte too many, is none") {
  CampaignPut campaign = full_campaign();
  campaign.plan.windows.resize(2);
  campaign.plan.price_steps.resize(2);
  campaign.plan.audience.regions.resize(2);
  OfferPut offer = full_offer();
  offer.plan.price_steps.resize(1);
  std::vector<PlanPart> parts = plan_parts(campaign);
  for (const PlanPart& part : plan_parts(offer)) parts.push_back(part);
  CHECK(parts.size() == 6 + 5 + 1 + 2 + 6);
  for (const PlanPart& part : parts) {
    check_only_the_whole(encoded(part), [](auto bytes) { return decode_plan_part(bytes).has_value(); });
  }
}

TEST_CASE("a part of a plan that nobody can have written is none") {
  PlanPart part;
  part.campaign = {3};
  part.list = PlanPart::List::channels;
  part.texts = {"app"};
  const std::string sound = encoded(part);
  const auto decodes_with = [&](std::size_t at, char byte) {
    std::string bytes = sound;
    bytes[at] = byte;
    return decode_plan_part(bytes_of(bytes)).has_value();
  };
  CHECK(decodes_with(0, 7));
  CHECK_FALSE(decodes_with(4, 1));   // an offer's index, and it is of no offer
  CHECK_FALSE(decodes_with(8, 2));   // a flag
  CHECK_FALSE(decodes_with(9, 8));   // no such list
  CHECK_FALSE(decodes_with(10, 0));  // nothing in it
  const auto decodes = [&](auto edit) {
    PlanPart edited = part;
    edit(edited);
    return decode_plan_part(bytes_of(encoded(edited))).has_value();
  };
  CHECK_FALSE(decodes([](PlanPart& p) { p.texts = {""}; }));
  CHECK(decodes([](PlanPart& p) { p.texts = {std::string(kIdentifierBytesMax, 'x')}; }));
  CHECK_FALSE(decodes([](PlanPart& p) { p.texts = {std::string(kIdentifierBytesMax + 1, 'x')}; }));
  CHECK_FALSE(decodes([](PlanPart& p) {
    p.list = PlanPart::List::schedule;
    p.texts = {std::string(kScheduleBytesMax + 1, 'x')};
  }));
  CHECK_FALSE(decodes([](PlanPart& p) {
    p.list = PlanPart::List::price_steps;
    p.texts.clear();
    p.price_steps = {{.from = {1}, .kind = PriceLayer::Kind{2}}};
  }));
}

PlanPart windows_part(std::vector<Window> windows) {
  PlanPart part;
  part.campaign = {3};
  part.list = PlanPart::List::windows;
  part.windows = std::move(windows);
  return part;
}

TEST_CASE("windows are from the campaign's start, one behind the other with time between, and not too many") {
  const auto adds = [](std::vector<Window> windows) {
    CampaignPut put = some_campaign();
    return add_part(windows_part(std::move(windows)), put);
  };
  CHECK(adds({{{100}, {200}}}));
  CHECK(adds({{{100}, {200}}, {{201}, {100'000}}}));
  CHECK_FALSE(adds({{{99}, {200}}}));
  CHECK_FALSE(adds({{{101}, {200}}}));
  CHECK_FALSE(adds({{{100}, {100}}}));
  CHECK_FALSE(adds({{{100}, {200}}, {{200}, {300}}}));
  CHECK_FALSE(adds({{{100}, {200}}, {{150}, {300}}}));
  CHECK_FALSE(adds({{{100}, {200}}, {{201}, {100'001}}}));
  // A second piece goes on where the first one stopped.
  CampaignPut put = some_campaign();
  CHECK(add_part(windows_part({{{100}, {200}}}), put));
  CHECK_FALSE(add_part(windows_part({{{150}, {300}}}), put));
  CHECK(add_part(windows_part({{{250}, {300}}}), put));
  put = full_campaign();
  put.plan.windows.back().to = {put.plan.windows.back().from.ns + 1};
  CHECK_FALSE(add_part(windows_part({{{90'000}, {90'001}}}), put));
  // To the last tick that there is.
  put = some_campaign();
  put.ends_at = kLastTick;
  CHECK(add_part(windows_part({{{100}, kLastTick}}), put));
  CHECK_FALSE(add_part(windows_part({{{100}, kLastTick}}), put));
}

TEST_CASE("names stand in their order, each once, and a list of them has an end") {
  const auto adds = [](std::vector<std::string> first, std::vector<std::string> second = {"z"}) {
    CampaignPut put = some_campaign();
    PlanPart part;
    part.campaign = put.campaign;
    part.list = PlanPart::List::segments;
    part.texts = std::move(first);
    if (!add_part(part, put)) return false;
    part.texts = std::move(second);
    return add_part(part, put);
  };
  CHECK(adds({"a", "b"}));
  CHECK_FALSE(adds({"b", "a"}));
  CHECK_FALSE(adds({"a", "a"}));
  CHECK_FALSE(adds({"a", "b"}, {"b"}));
  CHECK_FALSE(adds({"a", "b"}, {"aa"}));
  CHECK(adds(names(kAudienceNamesMax - 1, 4)));
  CHECK_FALSE(adds(names(kAudienceNamesMax, 4)));
}

TEST_CASE("price steps last some time and are worth what a price or a discount can be") {
  const auto adds = [](PriceLayer step, auto put) {
    PlanPart part;
    part.campaign = put.campaign;
    if constexpr (std::is_same_v<decltype(put), OfferPut>) part.offer = put.offer;
    part.list = PlanPart::List::price_steps;
    part.price_steps = {step};
    return add_part(part, put);
  };
  using Kind = PriceLayer::Kind;
  const auto price = [](std::int64_t value) {
    return PriceLayer{.from = {1}, .kind = Kind::price, .value = value};
  };
  const auto discount = [](std::int64_t value) { return PriceLayer{.from = {1}, .value = value}; };
  CHECK(adds(price(0), some_offer()));
  CHECK(adds(price(kPriceMax), some_offer()));
  CHECK_FALSE(adds(price(kPriceMax + 1), some_offer()));
  CHECK_FALSE(adds(price(-1), some_offer()));
  CHECK_FALSE(adds(price(1), some_campaign()));  // of which offer?
  CHECK(adds(discount(kBasisPointsMax), some_offer()));
  CHECK(adds(discount(kBasisPointsMax), some_campaign()));
  CHECK_FALSE(adds(discount(kBasisPointsMax + 1), some_campaign()));
  CHECK_FALSE(adds(discount(-1), some_campaign()));
  CHECK_FALSE(adds({.from = {1}, .to = {1}, .value = 1}, some_campaign()));
  CHECK(adds({.from = {1}, .to = {2}, .value = 1}, some_campaign()));
  CHECK_FALSE(adds(discount(1), full_campaign()));
  CHECK_FALSE(adds(discount(1), full_offer()));
}

TEST_CASE("a part belongs to what it names, and one schedule is enough") {
  CampaignPut campaign = some_campaign();
  OfferPut offer = some_offer();
  PlanPart part = windows_part({{{100}, {200}}});
  CHECK_FALSE(add_part(part, offer));
  part.offer = offer.offer;
  CHECK_FALSE(add_part(part, offer));  // an offer has no windows
  CHECK_FALSE(add_part(part, campaign));
  part = {};
  part.campaign = campaign.campaign;
  part.list = PlanPart::List::schedule;
  part.texts = {"{}"};
  CHECK_FALSE(add_part(part, offer));
  CHECK(add_part(part, campaign));
  CHECK_FALSE(add_part(part, campaign));
  part.list = PlanPart::List::regions;
  part.texts = {"de"};
  part.campaign = {4};
  CHECK_FALSE(add_part(part, campaign));
  part.offer = offer.offer;
  CHECK_FALSE(add_part(part, offer));
  part.campaign = offer.campaign;
  CHECK(add_part(part, offer));
  part.offer = OfferIndex{offer.offer.value + 1};
  CHECK_FALSE(add_part(part, offer));
}

TEST_CASE("the bytes of plans and of what was done by hand are the same for ever") {
  // As docs/formats/journal.md describes them; a change here is a new version, not a new test.
  CatalogChange change = {.change = 1, .records = 2, .origin = {ChangeOrigin::Source::admin, "a", "bc", ""}};
  CHECK(encoded(change) == std::string("\x01\0\0\0\0\0\0\0\x02\0\0\0\x01\x01\0a\x02\0bc\0\0", 22));
  CampaignPut put = some_campaign();
  const std::string of_version_2 = encoded(put) + std::string(18, '\0');
  put.ended_at = {2};
  put.file_definition = 3;
  put.plan.price_form = {.rounding = Rounding::up, .ending = PriceEnding{5, 6}, .floor = 4};
  put.paused = true;
  CHECK(encoded(put) == of_version_2 + std::string("\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0"
                                                   "\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\x02\x01\0",
                                                   43));
  CHECK(encoded(windows_part({{{1}, {2}}})) ==
        std::string("\x03\0\0\0\0\0\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 28));
  PlanPart part;
  part.campaign = {3};
  part.offer = OfferIndex{9};
  part.list = PlanPart::List::price_steps;
  part.price_steps = {{.from = {1}, .to = {2}, .kind = PriceLayer::Kind::discount, .value = 7}};
  CHECK(encoded(part) == std::string("\x03\0\0\0\x09\0\0\0\x01\x01\x01\0\x01\0\0\0\0\0\0\0"
                                     "\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x01",
                                     37));
  part.list = PlanPart::List::regions;
  part.price_steps.clear();
  part.texts = {"at", "de"};
  CHECK(encoded(part) == std::string("\x03\0\0\0\x09\0\0\0\x01\x02\x02\0\x02\0at\x02\0de", 20));
}

}  // namespace
}  // namespace doorbuster
