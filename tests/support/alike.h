#pragma once
// Whether two ways to read the same bytes have read the same: the name of the first member that differs, or
// "". Each structure is taken apart whole, so that a member that is added is compared or does not compile.

#include <algorithm>
#include <string_view>

#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/http/http_request.h"

namespace doorbuster {

// The same bytes at the same place, not only equal ones.
inline bool same_view(std::string_view a, std::string_view b) {
  return a.data() == b.data() && a.size() == b.size();
}

inline std::string_view differing_member(const Framing& a, const Framing& b) {
  const auto& [state, bytes, expects_continue, refusal, detail] = a;
  if (state != b.state) return "state";
  if (bytes != b.bytes) return "bytes";
  if (expects_continue != b.expects_continue) return "expects_continue";
  if (refusal != b.refusal) return "refusal";
  if (detail != b.detail) return "detail";
  return "";
}

inline std::string_view differing_member(const HttpRequest& a, const HttpRequest& b) {
  const auto& [method, path, query, content_type, idempotency_key, prefer, if_match, if_none_match,
               last_event_id, accept_encoding, authorization, body, has_idempotency_key, has_authorization,
               has_content_type, has_content_length, keep_alive, http_1_0] = a;
  if (method != b.method) return "method";
  if (!same_view(path, b.path)) return "path";
  if (!same_view(query, b.query)) return "query";
  if (!same_view(content_type, b.content_type)) return "content_type";
  if (!same_view(idempotency_key, b.idempotency_key)) return "idempotency_key";
  if (!same_view(prefer, b.prefer)) return "prefer";
  if (!same_view(if_match, b.if_match)) return "if_match";
  if (!same_view(if_none_match, b.if_none_match)) return "if_none_match";
  if (!same_view(last_event_id, b.last_event_id)) return "last_event_id";
  if (!same_view(accept_encoding, b.accept_encoding)) return "accept_encoding";
  if (!same_view(authorization, b.authorization)) return "authorization";
  if (!same_view(body, b.body)) return "body";
  if (has_idempotency_key != b.has_idempotency_key) return "has_idempotency_key";
  if (has_authorization != b.has_authorization) return "has_authorization";
  if (has_content_type != b.has_content_type) return "has_content_type";
  if (has_content_length != b.has_content_length) return "has_content_length";
  if (keep_alive != b.keep_alive) return "keep_alive";
  if (http_1_0 != b.http_1_0) return "http_1_0";
  return "";
}

// Texts by what they say: one way has them in a buffer of its own.
inline std::string_view differing_member(const BuyBody& a, const BuyBody& b) {
  const auto& [campaign, sku, buyer, reference, channel, region, segment, token, quantity, expected_price,
               wait, identities, identity_count, lines] = a;
  if (campaign != b.campaign) return "campaign";
  if (sku != b.sku) return "sku";
  if (buyer != b.buyer) return "buyer";
  if (reference != b.reference) return "reference";
  if (channel != b.channel) return "channel";
  if (region != b.region) return "region";
  if (segment != b.segment) return "segment";
  if (token != b.token) return "token";
  if (quantity != b.quantity) return "quantity";
  if (expected_price != b.expected_price) return "expected_price";
  if (wait != b.wait) return "wait";
  if (identity_count != b.identity_count || identities != b.identities) return "identities";
  const auto same_line = [](const BuyLine& x, const BuyLine& y) {
    return x.sku == y.sku && x.quantity == y.quantity;
  };
  if (!std::equal(lines.begin(), lines.end(), b.lines.begin(), b.lines.end(), same_line)) return "lines";
  return "";
}

}  // namespace doorbuster
