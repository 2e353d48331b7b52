#include "doorbuster/model/record.h"

#include "doorbuster/base/limits.h"
#include "model/payload.h"

namespace doorbuster {
namespace {

// What a configuration can ask for: nothing moves, follows or waits for a hold where there are no holds.
bool rules_possible(const CampaignPut& put) {
  if (put.hold_max_seconds < put.hold_seconds || put.hold_max_seconds > kHoldSecondsMax) return false;
  if (put.on_payment_failed > PaymentFailure::grace) return false;
  const auto is_span = [](std::uint32_t seconds) { return seconds >= 1 && seconds <= kHoldSecondsMax; };
  const bool grace = put.on_payment_failed == PaymentFailure::grace;
  if (grace ? !is_span(put.grace_seconds) : put.grace_seconds != 0) return false;
  if (put.waitlist ? !is_span(put.offer_seconds) : put.offer_seconds != put.hold_seconds) return false;
  return put.hold_seconds > 0 ||
         (put.hold_max_seconds == 0 && !put.waitlist && put.on_payment_failed == PaymentFailure::release);
}

bool form_possible(const PriceForm& form) {
  if (form.rounding > Rounding::down || form.floor < 0 || form.floor > kPriceMax) return false;
  return !form.ending || (form.ending->modulus >= 1 && form.ending->modulus <= kPriceMax &&
                          form.ending->ending >= 0 && form.ending->ending < form.ending->modulus);
}

LowStock take_low_stock(Taker& take) {
  LowStock mark;
  mark.basis_points = take.word<std::uint32_t>();
  mark.units = take.word<std::int64_t>();
  return mark;
}

bool mark_possible(const LowStock& mark) {
  return mark.basis_points <= kBasisPointsMax && mark.units >= 0 && mark.units <= kStockMax;
}

}  // namespace

std::string_view record_kind_name(RecordKind kind) {
  switch (kind) {
    case RecordKind::batch_end:
      return "batch_end";
    case RecordKind::folder_created:
      return "folder_created";
    case RecordKind::catalog_change_begin:
      return "catalog_change_begin";
    case RecordKind::campaign_put:
      return "campaign_put";
    case RecordKind::offer_put:
      return "offer_put";
    case RecordKind::catalog_change_end:
      return "catalog_change_end";
    case RecordKind::plan_part:
      return "plan_part";
    case RecordKind::tenant_put:
      return "tenant_put";
    case RecordKind::item_put:
      return "item_put";
    case RecordKind::order_confirmed:
      return "order_confirmed";
    case RecordKind::order_held:
      return "order_held";
    case RecordKind::order_waiting:
      return "order_waiting";
    case RecordKind::order_event:
      return "order_event";
    case RecordKind::orders_forgotten:
      return "orders_forgotten";
    case RecordKind::state_sample:
      return "state_sample";
    case RecordKind::alert:
      return "alert";
  }
  return "unknown";
}

std::string_view change_source_name(ChangeOrigin::Source source) {
  switch (source) {
    case ChangeOrigin::Source::file:
      return "file";
    case ChangeOrigin::Source::admin:
      return "admin";
    case ChangeOrigin::Source::clock:
      return "clock";
  }
  return "unknown";
}

std::string_view payment_failure_name(PaymentFailure failure) {
  switch (failure) {
    case PaymentFailure::release:
      return "release";
    case PaymentFailure::keep:
      return "keep";
    case PaymentFailure::grace:
      return "grace";
  }
  return "unknown";
}

void encode(const FolderCreated& value, std::string& out) {
  put(out, value.table_key.k0);
  put(out, value.table_key.k1);
  put(out, value.order_id_key.k0);
  put(out, value.order_id_key.k1);
}

std::optional<FolderCreated> decode_folder_created(std::span<const std::byte> payload) {
  Taker take(payload);
  FolderCreated value;
  value.table_key.k0 = take.word<std::uint64_t>();
  value.table_key.k1 = take.word<std::uint64_t>();
  value.order_id_key.k0 = take.word<std::uint64_t>();
  value.order_id_key.k1 = take.word<std::uint64_t>();
  if (!take.done()) return std::nullopt;
  return value;
}

void encode(const CatalogChange& value, std::string& out) {
  put(out, value.change);
  put(out, value.records);
  if (catalog_change_version(value) == 1) return;
  put(out, static_cast<std::uint8_t>(value.origin.source));
  put_text(out, value.origin.author);
  put_text(out, value.origin.action);
  put_text(out, value.origin.reason);
}

std::optional<CatalogChange> decode_catalog_change(std::span<const std::byte> payload, std::uint8_t version) {
  Taker take(payload);
  CatalogChange value;
  value.change = take.word<std::uint64_t>();
  value.records = take.word<std::uint32_t>();
  if (version == 2) {
    const auto source = take.word<std::uint8_t>();
    if (source > static_cast<std::uint8_t>(ChangeOrigin::Source::clock)) return std::nullopt;
    value.origin.source = ChangeOrigin::Source{source};
    value.origin.author = take.sized_text(kChangeTextBytesMax);
    value.origin.action = take.sized_text(kChangeTextBytesMax);
    value.origin.reason = take.sized_text(kChangeTextBytesMax);
  }
  if (!take.done() || version != catalog_change_version(value)) return std::nullopt;
  return value;
}

void encode(const CampaignPut& value, std::string& out) {
  put(out, value.campaign.value);
  put(out, value.tenant.value);
  put(out, value.starts_at.ns);
  put(out, value.ends_at.ns);
  put(out, value.hold_seconds);
  put(out, value.limit_per_buyer);
  put(out, static_cast<std::uint8_t>(value.listed));
  put(out, static_cast<std::uint8_t>(value.show_remaining));
  put_text(out, value.id);
  put_text(out, value.name);
  put_text(out, value.currency);
  if (campaign_put_version(value) == 1) return;
  put(out, value.hold_max_seconds);
  put(out, value.limit_per_buyer_total);
  put(out, value.grace_seconds);
  put(out, value.offer_seconds);
  put(out, static_cast<std::uint8_t>(value.on_payment_failed));
  put(out, static_cast<std::uint8_t>(value.waitlist));
  if (campaign_put_version(value) == 2) return;
  put(out, value.ended_at.ns);
  put(out, value.file_definition);
  put(out, value.plan.price_form.floor);
  const PriceEnding ending = value.plan.price_form.ending.value_or(PriceEnding{0, 0});
  put(out, ending.ending);
  put(out, ending.modulus);
  put(out, static_cast<std::uint8_t>(value.plan.price_form.rounding));
  put(out, static_cast<std::uint8_t>(value.paused));
  put(out, static_cast<std::uint8_t>(value.by_hand));
  if (campaign_put_version(value) == 3) return;
  put(out, value.arm_seconds);
  put(out, value.plan.low_stock.basis_points);
  put(out, value.plan.low_stock.units);
  put(out, static_cast<std::uint8_t>(value.from_pool));
  put(out, static_cast<std::uint8_t>(value.armed));
}

std::optional<CampaignPut> decode_campaign_put(std::span<const std::byte> payload, std::uint8_t version) {
  if (version < 1 || version > 4) return std::nullopt;
  Taker take(payload);
  CampaignPut value;
  value.campaign.value = take.word<std::uint32_t>();
  value.tenant.value = take.word<std::uint32_t>();
  value.starts_at.ns = take.word<std::int64_t>();
  value.ends_at.ns = take.word<std::int64_t>();
  value.hold_seconds = take.word<std::uint32_t>();
  value.limit_per_buyer = take.word<std::uint32_t>();
  value.listed = take.flag();
  value.show_remaining = take.flag();
  value.id = take.sized_text(kIdentifierBytesMax);
  value.name = take.sized_text(kNameBytesMax);
  value.currency = take.sized_text(3);
  value.hold_max_seconds = value.offer_seconds = value.hold_seconds;
  if (version >= 2) {
    value.hold_max_seconds = take.word<std::uint32_t>();
    value.limit_per_buyer_total = take.word<std::uint32_t>();
    value.grace_seconds = take.word<std::uint32_t>();
    value.offer_seconds = take.word<std::uint32_t>();
    value.on_payment_failed = PaymentFailure{take.word<std::uint8_t>()};
    value.waitlist = take.flag();
  }
  if (version >= 3) {
    PriceForm& form = value.plan.price_form;
    value.ended_at.ns = take.word<std::int64_t>();
    value.file_definition = take.word<std::uint64_t>();
    form.floor = take.word<std::int64_t>();
    const auto ending = take.word<std::int64_t>();
    const auto modulus = take.word<std::int64_t>();
    if (modulus != 0 || ending != 0) form.ending = {ending, modulus};
    form.rounding = Rounding{take.word<std::uint8_t>()};
    value.paused = take.flag();
    value.by_hand = take.flag();
    if (!form_possible(form)) return std::nullopt;
  }
  if (version == 4) {
    value.arm_seconds = take.word<std::uint32_t>();
    value.plan.low_stock = take_low_stock(take);
    value.from_pool = take.flag();
    value.armed = take.flag();
    if (!value.from_pool && (value.armed || value.arm_seconds != 0)) return std::nullopt;
    if (!mark_possible(value.plan.low_stock)) return std::nullopt;
  }
  if (!take.done() || value.id.empty() || value.starts_at >= value.ends_at) return std::nullopt;
  // A campaign has one version only: what does not need the second is written in the first.
  if (version != campaign_put_version(value) || !rules_possible(value)) return std::nullopt;
  return value;
}

void encode(const OfferPut& value, std::string& out) {
  put(out, value.offer.value);
  put(out, value.campaign.value);
  put(out, value.stock);
  put(out, value.list_price);
  put(out, value.price);
  put(out, static_cast<std::uint8_t>(value.listed));
  put_text(out, value.sku);
  if (offer_put_version(value) == 1) return;
  put(out, value.released);
  put(out, value.plan.low_stock.basis_points);
  put(out, value.plan.low_stock.units);
  put(out, value.rule);
}

std::optional<OfferPut> decode_offer_put(std::span<const std::byte> payload, std::uint8_t version) {
  if (version < 1 || version > 2) return std::nullopt;
  Taker take(payload);
  OfferPut value;
  value.offer.value = take.word<std::uint32_t>();
  value.campaign.value = take.word<std::uint32_t>();
  value.stock = take.word<std::int64_t>();
  value.list_price = take.word<std::int64_t>();
  value.price = take.word<std::int64_t>();
  value.listed = take.flag();
  value.sku = take.sized_text(kIdentifierBytesMax);
  if (version == 2) {
    value.released = take.word<std::int64_t>();
    value.plan.low_stock = take_low_stock(take);
    value.rule = take.word<std::uint16_t>();
  }
  const bool possible = value.stock >= 0 && value.stock <= kStockMax && value.price >= 0 &&
                        value.price <= kPriceMax && value.released >= 0 && value.released <= value.stock &&
                        value.rule <= kOfferRulesMax && mark_possible(value.plan.low_stock);
  if (!take.done() || value.sku.empty() || !possible || version != offer_put_version(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace doorbuster
