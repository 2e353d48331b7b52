#include "catalog/price_reader.h"

#include <algorithm>
#include <utility>

#include "catalog/campaign_reader.h"
#include "catalog/time_reader.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::size_t kEndingDigitsMax = 4;

constexpr std::pair<std::string_view, Rounding> kRoundings[] = {{"half_even", Rounding::half_even},
                                                                {"half_up", Rounding::half_up},
                                                                {"up", Rounding::up},
                                                                {"down", Rounding::down}};

constexpr JsonMember<PriceLayer> kStartsAt = {
    "starts_at", Presence::required,
    [](JsonReader& r, const JsonNode& n, PriceLayer& l) { read_time(r, n, l.from); }};
constexpr JsonMember<PriceLayer> kEndsAt = {
    "ends_at", Presence::optional,
    [](JsonReader& r, const JsonNode& n, PriceLayer& l) { read_time(r, n, l.to); }};
// One of the next two must be there, which a table cannot say.
constexpr JsonMember<PriceLayer> kDiscountPercent = {
    "discount_percent", Presence::optional, [](JsonReader& r, const JsonNode& n, PriceLayer& l) {
      l.kind = PriceLayer::Kind::discount;
      r.decimal(n, {0, kBasisPointsMax, kPercentDecimals, "percent"}, l.value);
    }};
constexpr JsonMember<PriceLayer> kPrice = {"price", Presence::optional,
                                           [](JsonReader& r, const JsonNode& n, PriceLayer& l) {
                                             l.kind = PriceLayer::Kind::price;
                                             r.integer(n, {0, kPriceMax, "minor units"}, l.value);
                                           }};
constexpr JsonMember<PriceLayer> kCampaignStepMembers[] = {kStartsAt, kEndsAt, kDiscountPercent};
constexpr JsonMember<PriceLayer> kOfferStepMembers[] = {kStartsAt, kEndsAt, kDiscountPercent, kPrice};

void check_times(JsonReader& reader, const JsonNode& step, const PriceLayer& layer) {
  const JsonNode* ends_at = reader.sound(step, "ends_at");
  if (ends_at == nullptr || reader.sound(step, "starts_at") == nullptr || layer.from < layer.to) return;
  reader.error(*ends_at, "ends_at " + format_rfc3339(layer.to) + " is not after starts_at " +
                             format_rfc3339(layer.from));
}

// A step does one thing to the price.
void check_effect(JsonReader& reader, const JsonNode& step, PriceStepsOf owner) {
  const JsonNode* discount = step.find("discount_percent");
  const JsonNode* price = step.find("price");
  if (price != nullptr && owner == PriceStepsOf::campaign) {
    reader.error_at_key(*price,
                        "a campaign's step has no price, because its offers have different ones: write "
                        "discount_percent, or move the step to the price_steps of an offer");
  } else if (price != nullptr && discount != nullptr) {
    const JsonNode& later = price->offset() > discount->offset() ? *price : *discount;
    reader.error_at_key(later, "a step has either discount_percent or price: leave one of them out");
  } else if (price == nullptr && discount == nullptr) {
    reader.error(step, owner == PriceStepsOf::offer
                           ? "discount_percent or price is missing: write one of them"
                           : "\"discount_percent\" is missing");
  }
}

void read_step(JsonReader& reader, const JsonNode& node, PriceStepsOf owner, PriceLayer& layer) {
  // With an offer's keys for both, so that a price in the wrong place is told where it belongs.
  reader.object(node, kOfferStepMembers, layer);
  if (!node.is(JsonType::object)) return;
  check_times(reader, node, layer);
  check_effect(reader, node, owner);
}

}  // namespace

void read_price_steps(JsonReader& reader, const JsonNode& node, PriceStepsOf owner,
                      std::vector<PriceLayer>& layers) {
  reader.array(node, {0, kPriceLayersMax},
               [&](const JsonNode& step) { read_step(reader, step, owner, layers.emplace_back()); });
}

void add_price_step_keys(std::string_view under, PriceStepsOf owner, std::vector<std::string>& keys) {
  if (owner == PriceStepsOf::campaign) {
    add_keys(under, kCampaignStepMembers, keys);
  } else {
    add_keys(under, kOfferStepMembers, keys);
  }
}

void read_rounding(JsonReader& reader, const JsonNode& node, Rounding& out) {
  reader.choice(node, kRoundings, out);
}

void read_price_ending(JsonReader& reader, const JsonNode& node, std::optional<PriceEnding>& out) {
  const std::string wanted = "must be the last 1 to " + std::to_string(kEndingDigitsMax) +
                             " digits of a price in minor units, as a string such as \"99\"";
  if (!node.is(JsonType::string)) {
    return reader.error(node, wanted + ", not " + std::string(json_type_name(node.type())));
  }
  const std::string_view digits = node.string();
  const bool all_digits =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits.empty() || digits.size() > kEndingDigitsMax || !all_digits) {
    return reader.error(node, wanted + ", not " + quoted(digits));
  }
  PriceEnding ending{0, 1};
  for (const char digit : digits) {
    ending.ending = 10 * ending.ending + (digit - '0');
    ending.modulus *= 10;
  }
  out = ending;
}

void read_price_floor(JsonReader& reader, const JsonNode& node, std::int64_t& out) {
  reader.integer(node, {0, kPriceMax, "minor units"}, out);
}

}  // namespace doorbuster
