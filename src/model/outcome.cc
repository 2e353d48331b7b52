#include "doorbuster/model/outcome.h"

#include <array>

namespace doorbuster {
namespace {

// In the order of enum Outcome.
constexpr std::array<std::string_view, kOutcomeCount> kCodes = {
    "confirmed",
    "held",
    "waiting",
    "ok",
    "malformed_request",
    "not_found",
    "method_not_allowed",
    "length_required",
    "payload_too_large",
    "unsupported_media_type",
    "validation_failed",
    "unauthorized",
    "forbidden",
    "rate_limited",
    "overloaded",
    "draining",
    "journal_failed",
    "idempotency_key_reused",
    "request_in_flight",
    "campaign_not_found",
    "sku_not_found",
    "campaign_not_started",
    "campaign_paused",
    "campaign_ended",
    "not_eligible",
    "limit_reached",
    "price_changed",
    "all_held",
    "sold_out",
    "order_not_found",
    "order_gone",
    "order_not_held",
    "hold_expired",
    "campaign_exists",
    "precondition_required",
    "precondition_failed",
    "change_refused",
    "position_gone",
    "position_unknown",
};

}  // namespace

std::string_view outcome_code(Outcome outcome) {
  return kCodes[static_cast<std::size_t>(outcome)];
}

}  // namespace doorbuster
