#pragma once
// What became of one request, in one enum. The enumerator is also the `code` that clients see and the label
// that metrics carry, so code, wire and documents say the same word.

#include <cstdint>
#include <string_view>

namespace doorbuster {

// Grouped in the order in which the checks are made: of several refusals that apply, the first listed is the
// answer.
enum class Outcome : std::uint8_t {
  // Sold, reserved, or found.
  confirmed,  // a buy that is final; a replay of it has this outcome too
  held,       // a buy that is to be confirmed; a replay of it has this outcome too
  waiting,    // a place in the line for a unit that comes back; a replay of it has this outcome too
  ok,         // a read, or something done to an order

  // HTTP: refused before anything was decided.
  malformed_request,
  not_found,
  method_not_allowed,
  length_required,
  payload_too_large,
  unsupported_media_type,
  validation_failed,
  unauthorized,  // no API key, or one that is not known
  forbidden,     // an API key without the scope

  // Load and life of the process: nothing was decided.
  rate_limited,
  overloaded,
  draining,
  journal_failed,

  // Rules, in the order of the one atomic step.
  idempotency_key_reused,
  request_in_flight,
  campaign_not_found,
  sku_not_found,
  campaign_not_started,
  campaign_paused,
  campaign_ended,
  not_eligible,
  limit_reached,
  price_changed,
  all_held,
  sold_out,

  // Orders.
  order_not_found,
  order_gone,  // there was one, and its retention is over
  order_not_held,
  hold_expired,

  // Changes of the catalog.
  campaign_exists,
  precondition_required,
  precondition_failed,
  change_refused,

  // Reading the feed.
  position_gone,     // what comes behind it is not kept any more
  position_unknown,  // it is none of this history
};
inline constexpr int kOutcomeCount = static_cast<int>(Outcome::position_unknown) + 1;

// "sold_out" for Outcome::sold_out, and so on.
std::string_view outcome_code(Outcome outcome);

}  // namespace doorbuster
