#include "load/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "doorbuster/base/endpoint.h"
#include "doorbuster/base/text.h"

namespace doorbuster::load {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kWhitespace = " \t\r\n";

// The refusals that a well-formed buy of a SKU that exists may get, from the contract's table.
constexpr std::pair<Outcome, int> kBuyRefusals[] = {
    {Outcome::sold_out, 409},          {Outcome::limit_reached, 409},
    {Outcome::price_changed, 409},     {Outcome::all_held, 409},
    {Outcome::request_in_flight, 409}, {Outcome::campaign_not_started, 409},
    {Outcome::campaign_paused, 409},   {Outcome::campaign_ended, 410},
    {Outcome::not_eligible, 403},      {Outcome::idempotency_key_reused, 422},
    {Outcome::rate_limited, 429},      {Outcome::overloaded, 503},
    {Outcome::draining, 503},          {Outcome::journal_failed, 503},
};

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

BuyReply accepted_reply(Answer answer, std::string_view body) {
  BuyReply reply;
  const std::string_view order = find_string_member(body, "order");
  if (!is_order_name(order)) {
    reply.answer = Answer::unexpected();
    return reply;
  }
  reply.answer = answer;
  reply.durable = !after_member_name(body, "durable").starts_with("false");
  std::copy(order.begin(), order.end(), reply.order.bytes.begin());
  reply.order.size = static_cast<std::uint8_t>(order.size());
  return reply;
}

}  // namespace

Result<Target> parse_target(std::string_view url, std::string_view option) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorKind::usage, fmt::format("{} {}: {}", option, quoted(url), why));
  };
  if (!url.starts_with(kScheme)) return bad("must be http://HOST:PORT");
  std::string_view authority = url.substr(kScheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.empty() || authority.find_first_of("/?#@ ") != std::string_view::npos) {
    return bad("must be http://HOST:PORT and nothing behind it");
  }
  const bool has_port = authority.back() != ']' && authority.rfind(':') != std::string_view::npos;
  const Result<Endpoint> endpoint =
      parse_endpoint(has_port ? std::string(authority) : std::string(authority) + ":80");
  if (!endpoint) return bad(endpoint.error().message);
  if (endpoint->port == 0) return bad("port 0 is where nothing can listen");
  return Target{endpoint->host, std::to_string(endpoint->port), std::string(authority)};
}

BuyWriter::BuyWriter(const Target& target, const std::string& campaign, const std::vector<SkuTerms>& skus,
                     std::uint32_t quantity, const Names& names)
    : quantity_(quantity) {
  const std::string buyer_hole(Names::kBuyerDigits, '0');
  const std::string key_hole(Names::kKeyDigits, '0');
  templates_.reserve(skus.size() * kPerSku);
  for (const SkuTerms& terms : skus) {
    for (const Body body : {Body::plain, Body::other_quantity, Body::low_price}) {
      const std::string price =
          body == Body::low_price
              ? fmt::format(",\"expected_price\":{}", std::max<std::int64_t>(0, terms.price - 1))
              : "";
      const std::string head =
          fmt::format(R"({{"campaign":"{}","sku":"{}","quantity":{}{},"buyer":"{})", campaign, terms.sku,
                      this->quantity(body), price, names.buyer_prefix());
      const std::string json = head + buyer_hole + "\"}";
      for (const bool with_key : {false, true}) {
        Template made;
        made.text = fmt::format("POST /v1/buy HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
                                target.authority);
        if (with_key) {
          made.text += "Idempotency-Key: " + names.key_prefix();
          made.key_at = made.text.size();
          made.text += key_hole + "\r\n";
        }
        made.text += fmt::format("Content-Length: {}\r\n\r\n", json.size());
        made.buyer_at = made.text.size() + head.size();
        made.text += json;
        templates_.push_back(std::move(made));
      }
    }
  }
}

std::uint16_t BuyWriter::quantity(Body body) const {
  return static_cast<std::uint16_t>(body == Body::other_quantity ? quantity_ + 1 : quantity_);
}

void BuyWriter::append(const Ask& ask, std::string& out) const {
  const std::size_t index = std::size_t{ask.sku} * kPerSku + static_cast<std::size_t>(ask.body) * 2;
  const Template& chosen = templates_[index + (ask.key == kNoKey ? 0 : 1)];
  const std::size_t at = out.size();
  out += chosen.text;
  Names::write_digits(out.data() + at + chosen.buyer_at, Names::kBuyerDigits, ask.buyer);
  if (ask.key != kNoKey) Names::write_digits(out.data() + at + chosen.key_at, Names::kKeyDigits, ask.key);
}

BuyReply read_buy_reply(int status, std::string_view body) {
  if (status == 201) return accepted_reply(Answer::accepted(), body);
  if (status == 202) return accepted_reply(Answer::accepted_async(), body);
  const std::string_view code = find_string_member(body, "code");
  for (const auto& [refusal, refusal_status] : kBuyRefusals) {
    if (status == refusal_status && code == outcome_code(refusal))
      return {.answer = Answer::refused(refusal)};
  }
  return {.answer = Answer::unexpected()};
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

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace doorbuster::load
