#pragma once
// Baskets in as few words as a test needs.

#include <string>
#include <utility>
#include <vector>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {

struct BasketSpec {
  std::vector<std::pair<std::string, int>> lines;  // SKU and quantity
  std::string buyer = "b-1";
  std::string key = {};      // empty: no header
  std::string members = {};  // more of the body's, each with a comma in front: ,"expected_price":7
  std::string headers = {};  // more of them, lines with their ends
  std::string campaign = "sale";
};

inline std::string basket_request(const BasketSpec& spec) {
  std::string body = "{\"campaign\":\"" + spec.campaign + "\",\"buyer\":\"" + spec.buyer + "\",\"lines\":[";
  for (const auto& [sku, quantity] : spec.lines) {
    if (body.back() != '[') body += ',';
    body += "{\"sku\":\"" + sku + "\",\"quantity\":" + std::to_string(quantity) + "}";
  }
  body += "]" + spec.members + "}";
  std::string headers = spec.headers;
  if (!spec.key.empty()) headers += "Idempotency-Key: " + spec.key + "\r\n";
  return post_request("/v1/buy", body, headers);
}

inline HttpReply buy_basket(const Shop& shop, const BasketSpec& spec) {
  return shop.connect().exchange(basket_request(spec));
}

// Available, held and sold, and that they add up: "5 0 2".
inline std::string units_of(const Shop& shop, const std::string& sku) {
  const StockView stock = shop.stock(sku);
  CHECK(stock.adds_up());
  return std::to_string(stock.available) + " " + std::to_string(stock.held) + " " +
         std::to_string(stock.sold);
}

}  // namespace doorbuster
