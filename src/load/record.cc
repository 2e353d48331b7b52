#include "load/record.h"

#include <iterator>

namespace doorbuster::load {

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
    default:
      return outcome_code(static_cast<Outcome>(index - 4));
  }
}

bool is_passing(Answer answer) {
  return answer.is(Outcome::request_in_flight) || answer.is(Outcome::overloaded) ||
         answer.is(Outcome::rate_limited) || answer.is(Outcome::draining) ||
         answer.is(Outcome::campaign_not_started) || answer.is(Outcome::all_held);
}

void RunRecord::append(RunRecord&& other) {
  const auto orders_before = static_cast<std::uint32_t>(orders.size());
  for (RequestRecord& request : other.requests) {
    if (request.order != kNoOrder) request.order += orders_before;
  }
  if (requests.empty()) {
    requests = std::move(other.requests);
  } else {
    requests.insert(requests.end(), other.requests.begin(), other.requests.end());
  }
  orders.insert(orders.end(), other.orders.begin(), other.orders.end());
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
  std::string text = buyer_prefix_ + std::string(kBuyerDigits, '0');
  write_digits(text.data() + buyer_prefix_.size(), kBuyerDigits, number);
  return text;
}

std::string Names::key(std::uint32_t number) const {
  std::string text = key_prefix_ + std::string(kKeyDigits, '0');
  write_digits(text.data() + key_prefix_.size(), kKeyDigits, number);
  return text;
}

}  // namespace doorbuster::load
