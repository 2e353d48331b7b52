// The words of outcomes: clients, metrics and documents have the same.
#include "doorbuster/model/outcome.h"

#include <set>

#include "support/catch.h"

namespace doorbuster {
namespace {

TEST_CASE("each outcome has the word of its enumerator") {
  using enum Outcome;
  const std::pair<Outcome, std::string_view> words[] = {
      {confirmed, "confirmed"},
      {held, "held"},
      {waiting, "waiting"},
      {ok, "ok"},
      {malformed_request, "malformed_request"},
      {not_found, "not_found"},
      {method_not_allowed, "method_not_allowed"},
      {length_required, "length_required"},
      {payload_too_large, "payload_too_large"},
      {unsupported_media_type, "unsupported_media_type"},
      {validation_failed, "validation_failed"},
      {unauthorized, "unauthorized"},
      {forbidden, "forbidden"},
      {rate_limited, "rate_limited"},
      {overloaded, "overloaded"},
      {draining, "draining"},
      {journal_failed, "journal_failed"},
      {idempotency_key_reused, "idempotency_key_reused"},
      {request_in_flight, "request_in_flight"},
      {campaign_not_found, "campaign_not_found"},
      {sku_not_found, "sku_not_found"},
      {campaign_not_started, "campaign_not_started"},
      {campaign_paused, "campaign_paused"},
      {campaign_ended, "campaign_ended"},
      {not_eligible, "not_eligible"},
      {limit_reached, "limit_reached"},
      {price_changed, "price_changed"},
      {all_held, "all_held"},
      {sold_out, "sold_out"},
      {order_not_found, "order_not_found"},
      {order_gone, "order_gone"},
      {order_not_held, "order_not_held"},
      {hold_expired, "hold_expired"},
      {campaign_exists, "campaign_exists"},
      {precondition_required, "precondition_required"},
      {precondition_failed, "precondition_failed"},
      {change_refused, "change_refused"},
      {position_gone, "position_gone"},
      {position_unknown, "position_unknown"},
  };
  std::set<Outcome> seen;
  for (const auto& [outcome, word] : words) {
    CHECK(outcome_code(outcome) == word);
    seen.insert(outcome);
  }
  CHECK(seen.size() == kOutcomeCount);
}

}  // namespace
}  // namespace doorbuster
