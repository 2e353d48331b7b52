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
// Bodies that a buy of one SKU may have, each with and without a key.
constexpr Body kBuyBodies[] = {Body::plain, Body::other_quantity, Body::low_price, Body::waits, Body::shared};
constexpr std::size_t kTemplatesPerSku = 2 * std::size(kBuyBodies);
static_assert(static_cast<std::size_t>(Body::shared) + 1 == std::size(kBuyBodies));

std::string_view path_of(Verb verb) {
  switch (verb) {
    case Verb::confirm:
      return "/confirm";
    case Verb::cancel:
      return "/cancel";
    case Verb::payment_failed:
      return "/payment-failed";
    case Verb::extend:
      return "/extend";
    case Verb::give_back:
      return "/return";
    default:
      return "";
  }
}

// The body of a step; "" where there is nothing to say.
std::string step_body(const Ask& ask, std::string_view order) {
  std::string json;
  const auto member = [&json](const std::string& text) { json += (json.empty() ? "{" : ",") + text; };
  if (ask.quantity != 0) {
    member(fmt::format(R"("{}":{})", ask.verb == Verb::extend ? "seconds" : "quantity", ask.quantity));
  }
  if (ask.body == Body::paid) member(fmt::format(R"("payment_reference":"{}")", Names::payment(order)));
  if (ask.body == Body::scrapped) member(R"("restock":false)");
  return json.empty() ? json : json + "}";
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
  return Target{endpoint->host, std::to_string(endpoint->port), std::string(authority), {}};
}

std::string Target::common_lines() const {
  return "Host: " + authority + "\r\n" + (api_key.empty() ? "" : "Authorization: Bearer " + api_key + "\r\n");
}

RequestWriter::RequestWriter(const Target& target, const std::string& campaign,
                             const std::vector<SkuTerms>& skus, std::uint32_t quantity, const Names& names)
    : campaign_(campaign),
      common_lines_(target.common_lines()),
      buy_head_("POST /v1/buy HTTP/1.1\r\n" + common_lines_ + "Content-Type: application/json\r\n"),
      names_(names),
      quantity_(quantity) {
  templates_.reserve(skus.size() * kTemplatesPerSku);
  for (const SkuTerms& terms : skus) {
    skus_.push_back(terms.sku);
    for (const Body body : kBuyBodies) {
      for (const bool with_key : {false, true}) {
        templates_.push_back(buy_template(terms.sku, body, terms.price, with_key));
      }
    }
  }
}

RequestWriter::Template RequestWriter::buy_template(std::string_view sku, Body body, std::int64_t price,
                                                    bool with_key) const {
  const std::string buyer_hole(Names::kBuyerDigits, '0');
  std::string json =
      fmt::format(R"({{"campaign":"{}","sku":"{}","quantity":{})", campaign_, sku, quantity({.body = body}));
  if (body == Body::low_price) {
    json += fmt::format(R"(,"expected_price":{})", std::max<std::int64_t>(0, price - 1));
  }
  if (body == Body::waits) json += R"(,"wait":true)";
  std::size_t device_at = 0;
  if (body == Body::shared) {
    json += R"(,"identities":[")" + names_.device_prefix();
    device_at = json.size();
    json += buyer_hole + "\"]";
  }
  json += R"(,"buyer":")" + names_.buyer_prefix();
  const std::size_t buyer_at = json.size();
  json += buyer_hole + "\"}";

  Template made;
  made.text = buy_head_;
  if (with_key) {
    made.text += "Idempotency-Key: " + names_.key_prefix();
    made.key_at = made.text.size();
    made.text += std::string(Names::kKeyDigits, '0') + "\r\n";
  }
  made.text += fmt::format("Content-Length: {}\r\n\r\n", json.size());
  made.buyer_at = made.text.size() + buyer_at;
  if (device_at != 0) made.device_at = made.text.size() + device_at;
  made.text += json;
  return made;
}

std::uint16_t RequestWriter::quantity(const Ask& ask) const {
  // Of a basket: one in every line, and more in the first ones where a plain buy is of more.
  const std::uint32_t more = ask.body == Body::other_quantity ? 1 : ask.lines - 1U;
  return static_cast<std::uint16_t>(quantity_ + more);
}

std::optional<std::uint8_t> RequestWriter::line_of(const Ask& ask, std::string_view sku) const {
  for (std::uint8_t line = 0; line < ask.lines; ++line) {
    if (skus_[asked_line(ask, line, skus_.size()).sku] == sku) return line;
  }
  return std::nullopt;
}

void RequestWriter::append_basket(Ask ask, std::string& out) const {
  ask.quantity = quantity(ask);
  std::vector<OrderLine> lines;
  for_each_line(ask, skus_.size(), [&](AskedLine line) {
    lines.push_back({skus_[line.sku], line.quantity});
  });
  const std::string json = fmt::format(R"({{"campaign":"{}",{},"buyer":"{}"}})", campaign_,
                                       content_member(lines, true), names_.buyer(ask.buyer));
  out += buy_head_;
  if (ask.key != kNoKey) out += "Idempotency-Key: " + names_.key(ask.key) + "\r\n";
  fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n\r\n{}", json.size(), json);
}

void RequestWriter::append_buy(const Ask& ask, std::string& out) const {
  if (ask.body == Body::basket) return append_basket(ask, out);
  const std::size_t index = std::size_t{ask.sku} * kTemplatesPerSku + static_cast<std::size_t>(ask.body) * 2;
  const Template& chosen = templates_[index + (ask.key == kNoKey ? 0 : 1)];
  const std::size_t at = out.size();
  out += chosen.text;
  const auto fill = [&](std::size_t hole, std::size_t digits, std::uint32_t number) {
    if (hole != 0) Names::write_digits(out.data() + at + hole, digits, number);
  };
  fill(chosen.buyer_at, Names::kBuyerDigits, ask.buyer);
  fill(chosen.key_at, Names::kKeyDigits, ask.key);
  fill(chosen.device_at, Names::kBuyerDigits, Names::device_number(ask.buyer));
}

void RequestWriter::append_step(const Ask& ask, std::string_view order, std::string& out) const {
  if (ask.verb == Verb::look || ask.verb == Verb::leave) {
    fmt::format_to(std::back_inserter(out), "{} /v1/waitlist/{} HTTP/1.1\r\n{}\r\n",
                   ask.verb == Verb::look ? "GET" : "DELETE", order, common_lines_);
    return;
  }
  const std::string json = step_body(ask, order);
  fmt::format_to(std::back_inserter(out), "POST /v1/orders/{}{} HTTP/1.1\r\n{}", order, path_of(ask.verb),
                 common_lines_);
  if (ask.key != kNoKey) out += "Idempotency-Key: " + names_.key(ask.key) + "\r\n";
  if (!json.empty()) out += "Content-Type: application/json\r\n";
  fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n\r\n{}", json.size(), json);
}

void append_get_order(const Target& target, std::string_view order, bool ticket, std::string& out) {
  fmt::format_to(std::back_inserter(out), "GET /v1/{}/{} HTTP/1.1\r\n{}Accept: application/json\r\n\r\n",
                 ticket ? "waitlist" : "orders", order, target.common_lines());
}

std::string content_member(const std::vector<OrderLine>& lines, bool basket) {
  const auto line_members = [](const OrderLine& line) {
    return fmt::format(R"("sku":"{}","quantity":{})", line.sku, line.quantity);
  };
  if (!basket) return line_members(lines.front());
  std::string json;
  for (const OrderLine& line : lines) {
    json += (json.empty() ? R"("lines":[{)" : ",{") + line_members(line) + "}";
  }
  return json + "]";
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
