#pragma once
// The body of a buy: bytes to fields, or one reason why not. One for each thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

class BodyReader;

// Bytes behind a body that may be read, whatever stands there: the decoders look at many at once.
inline constexpr std::size_t kBodyPaddingBytes = 64;

// One SKU of a basket, as it was sent.
struct BuyLine {
  std::string_view sku;
  std::uint32_t quantity = 1;
};

// Well-formed and in range. The views live until the next decode() or until the body's bytes go.
struct BuyBody {
  std::string_view campaign, sku, buyer, reference, channel, region, segment;
  std::string_view token;  // as it was sent; empty: none
  std::uint32_t quantity = 1;
  std::int64_t expected_price = Buy::kNoExpectedPrice;
  bool wait = false;
  std::array<std::string_view, kIdentitiesMax> identities;  // as they were sent, no two equal
  std::size_t identity_count = 0;
  // A basket: in the order in which they were sent; lines of one SKU together have at most kQuantityMax.
  // `sku` is empty then, and `quantity` means nothing.
  std::span<const BuyLine> lines;
  std::span<const std::string_view> identity_texts() const { return {identities.data(), identity_count}; }
};

class BuyDecoder {
 public:
  explicit BuyDecoder(std::size_t body_bytes_max);
  ~BuyDecoder();

  // True: `body` is filled. False: outcome() and detail() say why.
  // REQUIRES: kBodyPaddingBytes may be read behind `json`.
  bool decode(std::string_view json, BuyBody& body);
  Outcome outcome() const;          // malformed_request or validation_failed
  std::string_view detail() const;  // one sentence

 private:
  std::unique_ptr<BodyReader> reader_;
  std::array<BuyLine, kBasketLinesMax> lines_;  // here, so that a body without lines does not clear them
};

// The value of an Idempotency-Key header without its quotes (RFC 8941 string, or the bare value that most
// clients send): 1 to kIdempotencyKeyBytesMax printable ASCII characters. False: it is none. `buffer` holds
// it where unescaping was needed.
bool decode_idempotency_key(std::string_view header, std::string& buffer, std::string_view& key);

}  // namespace doorbuster
