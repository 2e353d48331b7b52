#include "doorbuster/model/alert.h"

#include <algorithm>

#include "model/payload.h"

namespace doorbuster {

std::string_view alert_kind_name(AlertKind kind) {
  switch (kind) {
    case AlertKind::low_stock:
      return "low_stock";
    case AlertKind::sold_out:
      return "sold_out";
    case AlertKind::all_held:
      return "all_held";
    case AlertKind::campaign_started:
      return "campaign_started";
    case AlertKind::campaign_ended:
      return "campaign_ended";
  }
  return "unknown";
}

void encode(const Alert& value, std::string& out) {
  put(out, value.campaign.value);
  put(out, value.offer ? value.offer->value : 0U);
  put(out, static_cast<std::uint8_t>(value.kind));
  put(out, static_cast<std::uint8_t>(value.raised));
  put(out, static_cast<std::uint8_t>(value.offer.has_value()));
  put(out, value.allocated);
  put(out, value.available);
  put(out, value.held);
  put(out, value.sold);
}

std::optional<Alert> decode_alert(std::span<const std::byte> payload, Tick at) {
  Taker take(payload);
  Alert value;
  value.at = at;
  value.campaign.value = take.word<std::uint32_t>();
  const OfferIndex offer{take.word<std::uint32_t>()};
  const auto kind = take.word<std::uint8_t>();
  value.raised = take.flag();
  if (take.flag()) value.offer = offer;
  value.allocated = take.word<std::int64_t>();
  value.available = take.word<std::int64_t>();
  value.held = take.word<std::int64_t>();
  value.sold = take.word<std::int64_t>();
  if (!take.done() || kind >= kAlertKindCount) return std::nullopt;
  value.kind = AlertKind{kind};
  const bool of_offer = value.kind <= AlertKind::all_held;
  if (value.offer.has_value() != of_offer || (!of_offer && offer.value != 0)) return std::nullopt;
  if (std::min({value.available, value.held, value.sold}) < 0) return std::nullopt;
  if (value.allocated != value.available + value.held + value.sold) return std::nullopt;
  return value;
}

}  // namespace doorbuster
