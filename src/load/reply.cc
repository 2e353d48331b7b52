#include "load/reply.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "doorbuster/base/tick.h"

namespace doorbuster::load {
namespace {

constexpr std::string_view kWhitespace = " \t\r\n";

struct Refusal {
  Outcome outcome;
  int status;
};

// The refusals that a well-formed buy of a SKU that exists may get, from the contract's table.
constexpr Refusal kBuyRefusals[] = {
    {Outcome::sold_out, 409},          {Outcome::limit_reached, 409},
    {Outcome::price_changed, 409},     {Outcome::all_held, 409},
    {Outcome::request_in_flight, 409}, {Outcome::campaign_not_started, 409},
    {Outcome::campaign_paused, 409},   {Outcome::campaign_ended, 410},
    {Outcome::not_eligible, 403},      {Outcome::idempotency_key_reused, 422},
    {Outcome::rate_limited, 429},      {Outcome::overloaded, 503},
    {Outcome::draining, 503},          {Outcome::journal_failed, 503},
};

// What any step may get, of an order that exists. That it does not is the judge's business, not the parser's.
constexpr Refusal kStepRefusals[] = {
    {Outcome::order_not_found, 404},   {Outcome::order_gone, 410},     {Outcome::order_not_held, 409},
    {Outcome::request_in_flight, 409}, {Outcome::rate_limited, 429},   {Outcome::overloaded, 503},
    {Outcome::draining, 503},          {Outcome::journal_failed, 503},
};
constexpr Refusal kConfirmRefusals[] = {{Outcome::hold_expired, 409}, {Outcome::limit_reached, 409}};
constexpr Refusal kExpiredRefusals[] = {{Outcome::hold_expired, 409}};
constexpr Refusal kLookRefusals[] = {{Outcome::order_not_found, 404},
                                     {Outcome::order_gone, 410},
                                     {Outcome::rate_limited, 429},
                                     {Outcome::overloaded, 503}};

std::span<const Refusal> own_refusals(Verb verb) {
  if (verb == Verb::confirm) return kConfirmRefusals;
  if (verb == Verb::extend || verb == Verb::payment_failed || verb == Verb::cancel) return kExpiredRefusals;
  return {};
}

Answer find_refusal(std::span<const Refusal> refusals, int status, std::string_view code) {
  for (const Refusal& refusal : refusals) {
    if (status == refusal.status && code == outcome_code(refusal.outcome)) {
      return Answer::refused(refusal.outcome);
    }
  }
  return Answer::unexpected();
}

std::string_view after_member_name(std::string_view body, std::string_view name) {
  for (std::size_t at = body.find(name); at != std::string_view::npos; at = body.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at == 0 || body[at - 1] != '"' || end >= body.size() || body[end] != '"') continue;
    const std::size_t colon = body.find_first_not_of(kWhitespace, end + 1);
    if (colon == std::string_view::npos || body[colon] != ':') continue;
    const std::size_t value = body.find_first_not_of(kWhitespace, colon + 1);
    if (value != std::string_view::npos) return body.substr(value);
  }
  return {};
}

// 0 when there is none, or none that fits.
template <typename Number>
Number find_number_member(std::string_view body, std::string_view name) {
  const std::string_view text = after_member_name(body, name);
  Number number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? number : Number{0};
}

bool find_true_member(std::string_view body, std::string_view name) {
  return after_member_name(body, name).starts_with("true");
}

// What an order's or a place's view says. False when it is none.
bool read_view(std::string_view body, Told& told) {
  std::string_view name = find_string_member(body, "ticket");
  told.ticket = !name.empty();
  if (!told.ticket) name = find_string_member(body, "order");
  if (!is_order_name(name)) return false;
  std::copy(name.begin(), name.end(), told.name.bytes.begin());
  told.name.size = static_cast<std::uint8_t>(name.size());

  const std::string_view status = find_string_member(body, "status");
  told.offered = told.ticket && status == "offered";
  told.standing = standing_of(told.offered ? find_string_member(body, "order_status") : status);
  told.refund_due = find_true_member(body, "refund_due");
  told.confirmed = find_number_member<std::uint16_t>(body, "confirmed_quantity");
  told.returned = find_number_member<std::uint16_t>(body, "returned_quantity");
  told.position = find_number_member<std::uint32_t>(body, "position");
  told.expires_at = parse_rfc3339(find_string_member(body, "expires_at")).value_or(Tick{});

  // An offered place and its order have one name.
  if (told.offered && find_string_member(body, "order") != name) return false;
  const bool in_line = told.standing == Standing::waiting || told.standing == Standing::left ||
                       told.standing == Standing::ended;
  if (told.standing == Standing::none || in_line != (told.ticket && !told.offered)) return false;
  if (told.standing == Standing::waiting && told.position == 0) return false;
  return told.standing != Standing::held || told.expires_at.ns != 0;
}

Reply yes(Answer answer, std::string_view body) {
  Reply reply;
  reply.tells = read_view(body, reply.told);
  reply.answer = reply.tells ? answer : Answer::unexpected();
  reply.durable = !after_member_name(body, "durable").starts_with("false");
  return reply;
}

// What a step that was done must have come to.
bool fits(Verb verb, const Told& told) {
  switch (verb) {
    case Verb::confirm:
    case Verb::give_back:
      return told.standing == Standing::confirmed;
    case Verb::cancel:
      return told.standing == Standing::cancelled;
    case Verb::payment_failed:
      return told.standing == Standing::cancelled || told.standing == Standing::held;
    case Verb::extend:
      return told.standing == Standing::held;
    case Verb::leave:
      return told.standing == Standing::left;
    case Verb::look:
      return told.ticket;
    case Verb::buy:
      break;
  }
  return false;
}

}  // namespace

Reply read_buy_reply(int status, std::string_view body) {
  if (status == 201 || status == 202) {
    Reply reply = yes(status == 201 ? Answer::accepted() : Answer::accepted_async(), body);
    if (!reply.tells) return reply;
    if (reply.told.ticket) {
      reply.answer = status == 202 ? Answer::queued() : Answer::unexpected();
    } else if (reply.told.standing != Standing::confirmed && reply.told.standing != Standing::held) {
      reply.answer = Answer::unexpected();
    }
    reply.tells = !reply.answer.is_unexpected();
    return reply;
  }
  return {.answer = find_refusal(kBuyRefusals, status, find_string_member(body, "code")),
          .refused_sku = find_string_member(body, "sku")};
}

Reply read_step_reply(Verb verb, int status, std::string_view body) {
  if (status == 200) {
    Reply reply = yes(Answer::done(), body);
    if (reply.tells && !fits(verb, reply.told)) reply = {.answer = Answer::unexpected()};
    return reply;
  }
  const std::string_view code = find_string_member(body, "code");
  Reply reply;
  if (verb == Verb::look) return {.answer = find_refusal(kLookRefusals, status, code)};
  reply.answer = find_refusal(kStepRefusals, status, code);
  if (reply.answer.is_unexpected()) reply.answer = find_refusal(own_refusals(verb), status, code);
  if (reply.answer.is(Outcome::order_not_held) || reply.answer.is(Outcome::hold_expired) ||
      reply.answer.is(Outcome::limit_reached)) {
    reply.told.standing = standing_of(find_string_member(body, "order_status"));
    reply.told.refund_due = find_true_member(body, "refund_due");
    reply.tells = true;
    const bool must_say = !reply.answer.is(Outcome::limit_reached);
    if (must_say && reply.told.standing == Standing::none) reply = {.answer = Answer::unexpected()};
  }
  return reply;
}

Reply read_reply(const RequestWriter& writer, const Ask& ask, int status, std::string_view body) {
  if (ask.verb != Verb::buy) return read_step_reply(ask.verb, status, body);
  Reply reply = read_buy_reply(status, body);
  const bool of_a_line = reply.answer.is(Outcome::sold_out) || reply.answer.is(Outcome::all_held) ||
                         reply.answer.is(Outcome::limit_reached);
  if (ask.body != Body::basket || !of_a_line) return reply;
  const std::optional<std::uint8_t> line = writer.line_of(ask, reply.refused_sku);
  if (!line) reply.answer = Answer::unexpected();
  reply.refused_line = line.value_or(0);
  return reply;
}

std::string_view find_string_member(std::string_view body, std::string_view name) {
  std::string_view value = after_member_name(body, name);
  if (!value.starts_with('"')) return {};
  value.remove_prefix(1);
  return value.substr(0, value.find('"'));
}

bool is_order_name(std::string_view text) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  return !text.empty() && text.size() <= OrderName::kBytesMax &&
         text.find_first_not_of(kSafe) == std::string_view::npos;
}

}  // namespace doorbuster::load
