#pragma once
// What somebody who watches a sale is told. An alert is raised when its condition begins to hold and cleared
// when it ends; each of the two is journaled once, so that a restart neither repeats nor forgets one.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

enum class AlertKind : std::uint8_t {
  low_stock,         // of an offer: at or below its mark
  sold_out,          // of an offer: nothing left, and nothing can come back from a hold
  all_held,          // of an offer: nothing to be had, but some of it is only held
  campaign_started,  // raised when its window opens; cleared when it is over
  campaign_ended,
};
inline constexpr int kAlertKindCount = static_cast<int>(AlertKind::campaign_ended) + 1;
std::string_view alert_kind_name(AlertKind kind);  // "low_stock"

struct Alert {
  AlertKind kind{};
  bool raised = true;  // false: cleared
  CampaignIndex campaign;
  std::optional<OfferIndex> offer;
  Tick at;
  std::int64_t allocated = 0, available = 0, held = 0, sold = 0;  // of the offer, or of the whole campaign
  friend bool operator==(const Alert&, const Alert&) = default;
};

// Payload of a record of RecordKind::alert; `at` is the record's tick, which the payload does not repeat.
void encode(const Alert& value, std::string& out);
std::optional<Alert> decode_alert(std::span<const std::byte> payload, Tick at);

}  // namespace doorbuster
