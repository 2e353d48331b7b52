#pragma once
// The bytes of requests: buys, and the steps of an order's life.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "load/order_state.h"
#include "load/record.h"

namespace doorbuster::load {

struct Target {
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // for the Host header: as it was written
  std::string api_key = {};
  std::string url() const { return "http://" + authority; }
  // Of every request: Host, and Authorization with a key.
  std::string common_lines() const;
};
// http://HOST[:PORT][/]. Error kind: usage; `option` names the culprit.
Result<Target> parse_target(std::string_view url, std::string_view option);

// What the load has to know of one SKU.
struct SkuTerms {
  std::string sku;
  std::int64_t price = 0;  // minor units, when the load began
};

// Encodes requests. Everything of a buy of one SKU but its numbers is there before the load starts; it is one
// copy and two or three numbers. A basket is put together when it is sent.
class RequestWriter {
 public:
  RequestWriter(const Target& target, const std::string& campaign, const std::vector<SkuTerms>& skus,
                std::uint32_t quantity, const Names& names);
  // REQUIRES: ask.verb == Verb::buy.
  void append_buy(const Ask& ask, std::string& out) const;
  // REQUIRES: another verb; `order` is the name of the order or place that it is about.
  void append_step(const Ask& ask, std::string_view order, std::string& out) const;
  // How many units this buy asks for, in all its lines. `ask.quantity` is not looked at.
  std::uint16_t quantity(const Ask& ask) const;
  // The line of a basket that asks for this SKU.
  std::optional<std::uint8_t> line_of(const Ask& ask, std::string_view sku) const;

 private:
  struct Template {
    std::string text;
    std::size_t buyer_at = 0;   // of the digits
    std::size_t key_at = 0;     // 0: has no key
    std::size_t device_at = 0;  // 0: has no identity
  };
  Template buy_template(std::string_view sku, Body body, std::int64_t price, bool with_key) const;
  void append_basket(Ask ask, std::string& out) const;

  const std::string campaign_;
  const std::string common_lines_;  // Host and Authorization
  const std::string buy_head_;      // of every buy, up to its key and its length
  const Names names_;
  const std::uint32_t quantity_;
  std::vector<std::string> skus_;
  std::vector<Template> templates_;
};

// GET of an order, or of a place in the line.
void append_get_order(const Target& target, std::string_view order, bool ticket, std::string& out);

// The members that say what a buy is of: "sku" and "quantity", or the "lines" of a basket. REQUIRES: only a
// basket has more than one.
std::string content_member(const std::vector<OrderLine>& lines, bool basket);

// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace doorbuster::load
