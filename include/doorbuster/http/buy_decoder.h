#pragma once
// The body of a buy: bytes to fields, or one reason why not. One for each thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

// Well-formed and in range. The views live until the next decode() or until the body's bytes go.
struct BuyBody {
  std::string_view campaign, sku, buyer, reference, channel, region, segment;
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
};

class BuyDecoder {
 public:
  explicit BuyDecoder(std::size_t body_bytes_max);
  ~BuyDecoder();

  // True: `body` is filled. False: outcome() and detail() say why.
  // REQUIRES: kBodyPaddingBytes may be read behind `json`, whatever stands there.
  bool decode(std::string_view json, BuyBody& body);
  Outcome outcome() const { return outcome_; }         // malformed_request or validation_failed
  std::string_view detail() const { return detail_; }  // one sentence

  static constexpr std::size_t kBodyPaddingBytes = 64;

 private:
  struct Parser;
  struct Member;
  bool refuse(Outcome outcome, std::string detail);
  bool take_text(const Member& member, std::string_view& out, std::size_t bytes_max, bool identifier);
  bool take_integer(const Member& member, std::int64_t min, std::int64_t max, std::int64_t& out);
  bool take_member(const Member& member, BuyBody& body);

  std::unique_ptr<Parser> parser_;
  Outcome outcome_ = Outcome::malformed_request;
  std::string detail_;
};

// The value of an Idempotency-Key header without its quotes (RFC 8941 string, or the bare value that most
// clients send): 1 to kIdempotencyKeyBytesMax printable ASCII characters. False: it is none. `buffer` holds
// it where unescaping was needed.
bool decode_idempotency_key(std::string_view header, std::string& buffer, std::string_view& key);

}  // namespace doorbuster
