#include "doorbuster/catalog/definition_members.h"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "catalog/item_writer.h"
#include "doorbuster/base/decimal.h"
#include "doorbuster/catalog/pricing.h"
#include "doorbuster/catalog/quotas.h"

namespace doorbuster {
namespace {

template <typename Value>
std::string json_of(const Value& value) {
  JsonWriter json;
  json.value(value);
  return std::move(json).take();
}
std::string json_of(const std::vector<std::string>& names) {
  if (names.empty()) return "null";  // everybody
  JsonWriter json;
  json.begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
  return std::move(json).take();
}
std::string json_of(const std::vector<ItemAttribute>& attributes) {
  return attributes.empty() ? "null" : attributes_json(attributes);
}
std::string json_of(const std::vector<PriceLayer>& steps) {
  return steps.empty() ? "null" : price_steps_json(steps);
}
std::string json_of(const std::vector<ChannelQuota>& quotas) {
  return quotas.empty() ? "null" : channel_quotas_json(quotas);
}
// The digits, as many as the modulus has zeros: "05" is not "5".
std::string json_of(const std::optional<PriceEnding>& ending) {
  if (!ending) return "null";
  std::string digits = std::to_string(ending->ending);
  std::size_t wanted = 0;
  for (std::int64_t left = ending->modulus; left >= 10; left /= 10) ++wanted;
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
  return '"' + digits + '"';
}
std::string json_of(Rounding rounding) {
  return json_of(rounding_name(rounding));
}
std::string json_of(PaymentFailure failure) {
  return json_of(payment_failure_name(failure));
}

// JSON text already.
struct Text {
  const std::string& json;
  friend bool operator==(const Text& a, const Text& b) { return a.json == b.json; }
};
std::string json_of(const Text& text) {
  return text.json.empty() ? "null" : text.json;
}
// A number or an instant of which zero means that there is none.
template <typename Value>
struct UnlessZero {
  Value value;
  friend bool operator==(const UnlessZero&, const UnlessZero&) = default;
};
template <typename Value>
std::string json_of(const UnlessZero<Value>& wrapped) {
  return wrapped.value == Value{} ? "null" : json_of(wrapped.value);
}

Text schedule(const CampaignPut& put) {
  return {put.plan.schedule};
}
Rounding rounding(const CampaignPut& put) {
  return put.plan.price_form.rounding;
}
std::optional<PriceEnding> ending(const CampaignPut& put) {
  return put.plan.price_form.ending;
}
UnlessZero<std::int64_t> price_floor(const CampaignPut& put) {
  return {put.plan.price_form.floor};
}
// JSON texts already.
struct Texts {
  const std::vector<std::string>& json;
  friend bool operator==(const Texts& a, const Texts& b) { return a.json == b.json; }
};
std::string json_of(const Texts& texts) {
  if (texts.json.empty()) return "null";
  JsonWriter json;
  json.begin_array();
  for (const std::string& text : texts.json) json.value_json(text);
  json.end_array();
  return std::move(json).take();
}
Texts offer_rules(const CampaignPut& put) {
  return {put.plan.offer_rules};
}
UnlessZero<std::uint16_t> rule(const OfferPut& put) {
  return {put.rule};
}
UnlessZero<Tick> ended_at(const CampaignPut& put) {
  return {put.ended_at};
}
std::string_view source(const CampaignPut& put) {
  return put.by_hand ? "admin" : "file";
}
bool changed_by_hand(const CampaignPut& put) {
  return put.file_definition != 0;
}
UnlessZero<std::int64_t> released(const OfferPut& put) {
  return {put.released};
}
template <typename Put>
const std::vector<PriceLayer>& price_steps(const Put& put) {
  return put.plan.price_steps;
}
template <typename Put, auto List>
const std::vector<std::string>& audience(const Put& put) {
  return put.plan.audience.*List;
}

struct Percent {
  std::uint32_t basis_points;
  friend bool operator==(const Percent&, const Percent&) = default;
};
std::string json_of(const Percent& percent) {
  return percent.basis_points == 0 ? "null" : format_decimal(percent.basis_points, kPercentDecimals);
}
template <typename Put>
Percent low_stock_percent(const Put& put) {
  return {put.plan.low_stock.basis_points};
}
template <typename Put>
UnlessZero<std::int64_t> low_stock_units(const Put& put) {
  return {put.plan.low_stock.units};
}

const std::vector<ChannelQuota>& channel_quotas(const OfferPut& put) {
  return put.plan.channel_quotas;
}

// `get` is a pointer to a member, or a function of a definition.
template <typename Put, auto get>
constexpr DefinitionMember<Put> member(std::string_view name, bool is_required = false) {
  return {name, is_required,
          [](const Put& a, const Put& b) { return std::invoke(get, a) == std::invoke(get, b); },
          [](const Put& put) { return json_of(std::invoke(get, put)); }};
}

using C = CampaignPut;
constexpr DefinitionMember<CampaignPut> kCampaignMembers[] = {
    member<C, &C::name>("name", true),
    member<C, &C::currency>("currency", true),
    member<C, &C::starts_at>("starts_at", true),
    member<C, &C::ends_at>("ends_at", true),
    member<C, schedule>("schedule"),
    member<C, &C::hold_seconds>("hold_seconds"),
    member<C, &C::hold_max_seconds>("hold_max_seconds"),
    member<C, &C::limit_per_buyer>("limit_per_buyer"),
    member<C, &C::limit_per_buyer_total>("limit_per_buyer_total"),
    member<C, &C::on_payment_failed>("on_payment_failed"),
    member<C, &C::grace_seconds>("grace_seconds"),
    member<C, &C::waitlist>("waitlist"),
    member<C, &C::offer_seconds>("offer_seconds"),
    member<C, &C::show_remaining>("show_remaining"),
    member<C, &C::from_pool>("from_pool"),
    member<C, &C::arm_seconds>("arm_seconds"),
    member<C, price_steps<C>>("price_steps"),
    member<C, rounding>("rounding"),
    member<C, ending>("ending"),
    member<C, price_floor>("price_floor"),
    member<C, audience<C, &Audience::regions>>("regions"),
    member<C, audience<C, &Audience::segments>>("segments"),
    member<C, audience<C, &Audience::channels>>("channels"),
    member<C, offer_rules>("offer_rules"),
    member<C, &C::armed>("armed"),
    member<C, low_stock_percent<C>>("low_stock_percent"),
    member<C, low_stock_units<C>>("low_stock_units"),
    member<C, &C::paused>("paused"),
    member<C, ended_at>("ended_at"),
    member<C, &C::listed>("listed"),
    member<C, source>("source"),
    member<C, changed_by_hand>("changed_by_hand"),
};

using O = OfferPut;
constexpr DefinitionMember<OfferPut> kOfferMembers[] = {
    member<O, &O::stock>("stock", true),
    member<O, &O::list_price>("list_price", true),
    member<O, &O::price>("price", true),
    member<O, price_steps<O>>("price_steps"),
    member<O, audience<O, &Audience::regions>>("regions"),
    member<O, audience<O, &Audience::segments>>("segments"),
    member<O, audience<O, &Audience::channels>>("channels"),
    member<O, rule>("rule"),
    member<O, released>("released"),
    member<O, low_stock_percent<O>>("low_stock_percent"),
    member<O, low_stock_units<O>>("low_stock_units"),
    member<O, channel_quotas>("channel_quotas"),
    member<O, &O::listed>("listed"),
};

// A name of which none means that there is none.
struct Name {
  const std::string& text;
  friend bool operator==(const Name& a, const Name& b) { return a.text == b.text; }
};
std::string json_of(const Name& name) {
  return name.text.empty() ? "null" : json_of(std::string_view(name.text));
}
Name category(const ItemPut& put) {
  return {put.category};
}
Name currency(const ItemPut& put) {
  return {put.currency};
}

using I = ItemPut;
constexpr DefinitionMember<ItemPut> kItemMembers[] = {
    member<I, category>("category"),
    member<I, currency>("currency"),
    member<I, &I::list_price>("list_price", true),
    member<I, &I::stock>("stock"),
    member<I, &I::attributes>("attributes"),
    member<I, &I::listed>("listed"),
};

}  // namespace

std::span<const DefinitionMember<ItemPut>> item_members() {
  return kItemMembers;
}

std::span<const DefinitionMember<CampaignPut>> campaign_members() {
  return kCampaignMembers;
}

std::span<const DefinitionMember<OfferPut>> offer_members() {
  return kOfferMembers;
}

std::string_view known_member(std::string_view name) {
  static constexpr std::string_view kOccurrences = "occurrences";
  if (name == kOccurrences) return kOccurrences;
  std::string_view known;
  const auto look = [&](const auto& members) {
    for (const auto& member : members) {
      if (member.name == name) known = member.name;
    }
  };
  look(campaign_members());
  look(offer_members());
  look(item_members());
  return known;
}

void write_window(JsonWriter& json, const Window& window) {
  json.member("starts_at", window.from);
  json.member("ends_at", window.to);
}

}  // namespace doorbuster
