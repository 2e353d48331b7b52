#pragma once
// The bytes of a buy and the meaning of its reply.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "load/record.h"

namespace doorbuster::load {

struct Target {
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // for the Host header: as it was written
  std::string url() const { return "http://" + authority; }
};
// http://HOST[:PORT][/]. Error kind: usage; `option` names the culprit.
Result<Target> parse_target(std::string_view url, std::string_view option);

// What the load has to know of one SKU.
struct SkuTerms {
  std::string sku;
  std::int64_t price = 0;  // minor units, when the load began
};

// Encodes buys. Everything but buyer and key is there before the load starts; a request is one copy and two
// numbers.
class BuyWriter {
 public:
  BuyWriter(const Target& target, const std::string& campaign, const std::vector<SkuTerms>& skus,
            std::uint32_t quantity, const Names& names);
  void append(const Ask& ask, std::string& out) const;
  std::uint16_t quantity(Body body) const;

 private:
  struct Template {
    std::string text;
    std::size_t buyer_at = 0;  // of the digits
    std::size_t key_at = 0;    // 0: has no key
  };
  static constexpr std::size_t kPerSku = 6;  // three bodies, each with and without a key
  std::uint32_t quantity_;
  std::vector<Template> templates_;
};

struct BuyReply {
  Answer answer;
  bool durable = true;
  OrderName order = {};  // when accepted
};
// `body` is the whole body, or as much of it as was kept. Anything that the contract does not allow as the
// answer to a well-formed buy is Answer::unexpected().
BuyReply read_buy_reply(int status, std::string_view body);

// The first string member of this name, escapes left as they are; "" when there is none. For replies of known
// shape.
std::string_view find_string_member(std::string_view body, std::string_view name);

// Letters, digits, - . _ ~ and 1 to 40 of them.
bool is_order_name(std::string_view text);

// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace doorbuster::load
