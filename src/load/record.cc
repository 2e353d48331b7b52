#include "load/record.h"

#include <algorithm>
#include <utility>

namespace doorbuster::load {
namespace {

constexpr std::array<std::string_view, kStandingCount> kStandings = {
    "none", "held", "confirmed", "cancelled", "expired", "waiting", "left", "ended"};

std::string numbered(const std::string& prefix, std::size_t digits, std::uint32_t number) {
  std::string text = prefix + std::string(digits, '0');
  Names::write_digits(text.data() + prefix.size(), digits, number);
  return text;
}

}  // namespace

std::string_view Answer::name(std::size_t index) {
  switch (index) {
    case 0:
      return "no_answer";
    case 1:
      return "accepted";
    case 2:
      return "accepted_async";
    case 3:
      return "unexpected";
    case 4:
      return "queued";
    case 5:
      return "done";
    default:
      return outcome_code(static_cast<Outcome>(index - kRefusals));
  }
}

std::string_view verb_name(Verb verb) {
  constexpr std::array<std::string_view, kVerbCount> kNames = {
      "buy", "confirm", "cancel", "payment_failed", "extend", "return", "look", "leave"};
  return kNames[static_cast<std::size_t>(verb)];
}

std::string_view standing_name(Standing standing) {
  return kStandings[static_cast<std::size_t>(standing)];
}

Standing standing_of(std::string_view word) {
  const auto found = std::find(kStandings.begin() + 1, kStandings.end(), word);
  return found == kStandings.end() ? Standing::none : static_cast<Standing>(found - kStandings.begin());
}

bool is_passing(Answer answer) {
  return answer.is(Outcome::request_in_flight) || answer.is(Outcome::overloaded) ||
         answer.is(Outcome::rate_limited) || answer.is(Outcome::draining) ||
         answer.is(Outcome::campaign_not_started) || answer.is(Outcome::all_held);
}

void RunRecord::append(RunRecord&& other) {
  const auto told_before = static_cast<std::uint32_t>(told.size());
  for (RequestRecord& request : other.requests) {
    if (request.told != kNotTold) request.told += told_before;
    if (request.ask.about != kNotTold) request.ask.about += told_before;
  }
  if (requests.empty()) {
    requests = std::move(other.requests);
  } else {
    requests.insert(requests.end(), other.requests.begin(), other.requests.end());
  }
  told.insert(told.end(), other.told.begin(), other.told.end());
  for (std::string& text : other.unexpected) {
    if (unexpected.size() < kUnexpectedMax) unexpected.push_back(std::move(text));
  }
  planned_visitors += other.planned_visitors;
  unsent_visitors += other.unsent_visitors;
  connections_opened += other.connections_opened;
  connections_lost += other.connections_lost;
  gave_up = gave_up || other.gave_up;
}

void Names::write_digits(char* out, std::size_t digits, std::uint32_t number) {
  for (std::size_t i = digits; i > 0; --i) {
    out[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

std::string Names::buyer(std::uint32_t number) const {
  return numbered(buyer_prefix_, kBuyerDigits, number);
}

std::string Names::key(std::uint32_t number) const {
  return numbered(key_prefix_, kKeyDigits, number);
}

std::string Names::device(std::uint32_t buyer) const {
  return numbered(device_prefix_, kBuyerDigits, device_number(buyer));
}

}  // namespace doorbuster::load
