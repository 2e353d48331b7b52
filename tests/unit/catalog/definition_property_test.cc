// Whatever a campaign is, its text comes back as the same campaign, and putting that is no change.

#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "doorbuster/catalog/definition.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kFirstTick = 0;
constexpr std::int64_t kLastTick = 9'214'646'399 * kNsPerSecond;  // in the last year that a text can have

template <typename T>
T between(T min, T max) {
  return *rc::gen::inRange<T>(min, static_cast<T>(max + 1));
}
bool perhaps() {
  return *rc::gen::arbitrary<bool>();
}

// Whole seconds, and instants with a fraction of every length.
std::int64_t arbitrary_ns(std::int64_t min, std::int64_t max) {
  const std::int64_t unit = *rc::gen::element<std::int64_t>(1, 1'000, 1'000'000, kNsPerSecond);
  return std::clamp(between(min, max) / unit * unit, min, max);
}
Window arbitrary_window() {
  const std::int64_t from = arbitrary_ns(kFirstTick, kLastTick - 1);
  return {{from}, {arbitrary_ns(from + 1, kLastTick)}};
}

std::string arbitrary_name() {
  std::string name;
  const int pieces = between(1, 12);
  for (int i = 0; i < pieces; ++i) {
    name += *rc::gen::element<std::string>("a", " ", "\"", "\\", "/", "é", "\xf0\x9f\x98\x80", "<", "%", "{",
                                           "'");
  }
  return name;
}

std::vector<PriceLayer> arbitrary_steps(bool of_offer) {
  std::vector<PriceLayer> steps;
  const int count = perhaps() ? 0 : between(1, 4);
  for (int i = 0; i < count; ++i) {
    const Window window = arbitrary_window();
    const bool is_price = of_offer && perhaps();
    steps.push_back({window.from, perhaps() ? kNoEnd : window.to,
                     is_price ? PriceLayer::Kind::price : PriceLayer::Kind::discount,
                     between<std::int64_t>(0, is_price ? kPriceMax : kBasisPointsMax)});
  }
  return steps;
}

std::vector<std::string> arbitrary_names() {
  std::set<std::string> names;
  const int count = perhaps() ? 0 : between(1, 3);
  for (int i = 0; i < count; ++i) {
    names.insert(*rc::gen::element<std::string>("de", "at", "ch", "vip", "A.B_c:d@e-1"));
  }
  return {names.begin(), names.end()};
}
Audience arbitrary_audience() {
  return {arbitrary_names(), arbitrary_names(), arbitrary_names()};
}

void choose_hold_rules(CampaignConfiguration& campaign) {
  campaign.hold_seconds = perhaps() ? 0 : between<std::uint32_t>(1, kHoldSecondsMax);
  campaign.hold_max_seconds = campaign.offer_seconds = campaign.hold_seconds;
  if (campaign.hold_seconds == 0) return;
  if (perhaps()) campaign.hold_max_seconds = between<std::uint32_t>(campaign.hold_seconds, kHoldSecondsMax);
  campaign.on_payment_failed =
      *rc::gen::element(PaymentFailure::release, PaymentFailure::keep, PaymentFailure::grace);
  if (campaign.on_payment_failed == PaymentFailure::grace) {
    campaign.grace_seconds = between<std::uint32_t>(1, kHoldSecondsMax);
  }
  campaign.waitlist = perhaps();
  if (campaign.waitlist && perhaps()) campaign.offer_seconds = between<std::uint32_t>(1, kHoldSecondsMax);
}

LowStock arbitrary_low_stock() {
  LowStock mark;
  if (perhaps()) mark.basis_points = between<std::uint32_t>(0, kBasisPointsMax);
  if (perhaps()) mark.units = between<std::int64_t>(0, kStockMax);
  return mark;
}

void choose_price_form(PriceForm& form) {
  form.rounding = *rc::gen::element(Rounding::half_even, Rounding::half_up, Rounding::up, Rounding::down);
  if (perhaps()) {
    PriceEnding ending{0, *rc::gen::element<std::int64_t>(10, 100, 1'000, 10'000)};
    ending.ending = between<std::int64_t>(0, ending.modulus - 1);
    form.ending = ending;
  }
  if (perhaps()) form.floor = between<std::int64_t>(0, kPriceMax);
}

OfferConfiguration arbitrary_offer(std::string sku) {
  OfferConfiguration offer;
  offer.sku = std::move(sku);
  offer.stock = perhaps() ? between<std::int64_t>(0, 3) : between<std::int64_t>(0, 1'000'000);
  offer.price = offer.list_price = between<std::int64_t>(0, kPriceMax);
  if (perhaps()) offer.list_price = between<std::int64_t>(offer.price, kPriceMax);
  offer.plan.price_steps = arbitrary_steps(true);
  offer.plan.audience = arbitrary_audience();
  offer.plan.low_stock = arbitrary_low_stock();
  return offer;
}

CampaignConfiguration arbitrary_campaign(const std::string& id) {
  CampaignConfiguration campaign;
  campaign.id = id;
  campaign.name = perhaps() ? id : arbitrary_name();
  campaign.currency = *rc::gen::element<std::string>("EUR", "JPY", "BHD");
  const Window window = arbitrary_window();
  campaign.starts_at = window.from;
  campaign.ends_at = window.to;
  campaign.limit_per_buyer = perhaps() ? 0 : between<std::uint32_t>(1, 1'000'000'000);
  campaign.limit_per_buyer_total = perhaps() ? 0 : between<std::uint32_t>(1, 1'000'000);
  campaign.show_remaining = perhaps();
  choose_hold_rules(campaign);
  campaign.plan.price_steps = arbitrary_steps(false);
  choose_price_form(campaign.plan.price_form);
  campaign.plan.audience = arbitrary_audience();
  campaign.plan.low_stock = arbitrary_low_stock();
  const int offers = between(1, 4);
  for (int i = 0; i < offers; ++i) campaign.offers.push_back(arbitrary_offer("sku-" + std::to_string(i)));
  return campaign;
}

// Everything about it that is journaled, and so everything there is, but for the indexes.
std::string journaled(const CampaignConfiguration& campaign) {
  const Result<CatalogChangeSet> change = plan_change(Catalog(), {}, {campaign}, kOrdersMax);
  RC_ASSERT(change.has_value());
  std::string bytes;
  const auto add = [&bytes](const auto& put) {
    encode(put, bytes);
    for (const PlanPart& part : plan_parts(put)) encode(part, bytes);
  };
  for (const CampaignPut& put : change->campaigns) add(put);
  for (const OfferPut& put : change->offers) add(put);
  return bytes;
}

CatalogPointer catalog_of(const std::vector<CampaignConfiguration>& campaigns) {
  const Result<CatalogChangeSet> change = plan_change(Catalog(), {}, campaigns, kOrdersMax);
  RC_ASSERT(change.has_value());
  return apply_change(Catalog(), *change);
}

std::vector<std::int64_t> nothing_sold(const Catalog& catalog) {
  return std::vector<std::int64_t>(catalog.offers().size(), 0);
}

TEST_CASE("a campaign's text is read back as the same campaign, and putting that is no change") {
  CHECK(rc::check([] {
    const CampaignConfiguration campaign = arbitrary_campaign("sale");
    const CatalogPointer catalog = catalog_of({campaign});
    const std::string text = definition_json(*catalog, {0});
    RC_LOG() << text << "\n";
    const ParsedDefinition parsed = parse_definition(text);
    for (const Diagnostic& diagnostic : parsed.diagnostics) {
      RC_LOG() << format_diagnostic("text", diagnostic) << "\n";
    }
    RC_ASSERT(parsed.campaign.has_value());
    RC_ASSERT(journaled(*parsed.campaign) == journaled(campaign));
    RC_ASSERT(definition_json(*catalog_of({*parsed.campaign}), {0}) == text);
    const auto put = plan_put(*catalog, nothing_sold(*catalog), *parsed.campaign, kOrdersMax);
    RC_ASSERT(put.has_value());
    RC_ASSERT(put->empty());
  }));
}

TEST_CASE("whatever is put shows, other campaigns stay, and the same file does not undo it") {
  CHECK(rc::check([] {
    const std::vector<CampaignConfiguration> file = {arbitrary_campaign("a"), arbitrary_campaign("b")};
    CatalogPointer catalog = catalog_of(file);
    const std::string other = definition_json(*catalog, {1});
    const CampaignConfiguration wanted = arbitrary_campaign(*rc::gen::element<std::string>("a", "new"));
    const auto put = plan_put(*catalog, nothing_sold(*catalog), wanted, kOrdersMax);
    RC_ASSERT(put.has_value());
    catalog = apply_change(*catalog, *put);
    const Campaign* shown = catalog->find_campaign(kDefaultTenant, wanted.id);
    RC_ASSERT(shown != nullptr);
    const auto parsed = parse_definition(definition_json(*catalog, shown->definition.campaign));
    RC_ASSERT(parsed.campaign.has_value());
    const auto by_sku = [](const OfferConfiguration& a, const OfferConfiguration& b) {
      return a.sku < b.sku;
    };
    CampaignConfiguration sorted = *parsed.campaign;
    std::sort(sorted.offers.begin(), sorted.offers.end(), by_sku);
    RC_ASSERT(journaled(sorted) == journaled(wanted));
    RC_ASSERT(definition_json(*catalog, {1}) == other);
    const auto again = plan_change(*catalog, nothing_sold(*catalog), file, kOrdersMax);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->empty());
  }));
}

TEST_CASE("a merge patch with the whole text of another campaign makes it that campaign") {
  CHECK(rc::check([] {
    const CampaignConfiguration from = arbitrary_campaign("a"), to = arbitrary_campaign("a");
    const std::string target = definition_json(*catalog_of({from}), {0});
    const std::string wanted = definition_json(*catalog_of({to}), {0});
    // What the other one leaves out has to be taken away.
    std::string patch = wanted;
    const tl::expected<JsonDocument, Diagnostic> had = JsonDocument::parse(target);
    const tl::expected<JsonDocument, Diagnostic> has = JsonDocument::parse(wanted);
    RC_ASSERT(had.has_value());
    RC_ASSERT(has.has_value());
    for (const JsonNode& member : had->root().children()) {
      if (has->root().find(member.key()) == nullptr)
        patch.insert(1, '"' + std::string(member.key()) + "\":null,");
    }
    const Result<std::string> merged = merge_definition(target, patch);
    RC_ASSERT(merged.has_value());
    const ParsedDefinition parsed = parse_definition(*merged);
    RC_ASSERT(parsed.campaign.has_value());
    RC_ASSERT(journaled(*parsed.campaign) == journaled(to));
  }));
}

TEST_CASE("a configuration's text is read back as the same configuration") {
  CHECK(rc::check([] {
    std::vector<CampaignConfiguration> campaigns;
    const int count = between(0, 3);
    for (int i = 0; i < count; ++i) campaigns.push_back(arbitrary_campaign("c-" + std::to_string(i)));
    const CatalogPointer catalog = catalog_of(campaigns);
    const std::string text = configuration_json({}, *catalog);
    const ParsedConfiguration parsed = parse_configuration(text);
    RC_ASSERT(parsed.configuration.has_value());
    const auto again =
        plan_change(*catalog, nothing_sold(*catalog), parsed.configuration->campaigns, kOrdersMax);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->empty());
    RC_ASSERT(configuration_json({}, *catalog_of(parsed.configuration->campaigns)) == text);
  }));
}

}  // namespace
}  // namespace doorbuster
