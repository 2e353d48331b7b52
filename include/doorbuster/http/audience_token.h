#pragma once
// Audience tokens: what a shop's own server says about a buyer, signed, so that a browser can carry it.
// docs/formats/audience-token.md has the format.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

// What a token says. Texts are identifiers, or empty.
struct AudienceClaims {
  std::int64_t expires_at_s = 0;               // Unix time; from this instant on it does not hold
  std::string_view buyer = {}, campaign = {};  // empty: good for any
  std::string_view region = {}, segment = {}, channel = {};  // empty: the buyer has none
};

// Who shows a token, where and when.
struct TokenBearer {
  std::string_view buyer, campaign;
  Tick now;
};

// Not thread-safe: one for each thread. A key is scheduled once, in make(). Verifying a well-formed token
// allocates nothing here, but the library copies a digest for it.
class AudienceTokens {
 public:
  // The first secret signs, all verify. REQUIRES: 1 to kAudienceSecretsMax of them, none empty. An error when
  // the cryptographic library does not do what it is needed for.
  static Result<std::unique_ptr<AudienceTokens>> make(std::span<const std::string> secrets);
  ~AudienceTokens();

  // ErrorKind::usage when a claim is no identifier or the token would be longer than kAudienceTokenBytesMax.
  Result<std::string> sign(const AudienceClaims& claims);
  // A token with any payload, whatever it is.
  std::string seal(std::string_view payload);

  // What the token says, and what stands against it: then it says nothing, and `claims` is empty. False: it
  // is malformed, and detail() says why. The views live until the next verify(). How long a comparison takes
  // tells nothing of the signature that would have been right.
  bool verify(std::string_view token, const TokenBearer& bearer, AudienceClaims& claims, TokenFault& fault);
  std::string_view detail() const;

 private:
  struct Parts;
  explicit AudienceTokens(std::unique_ptr<Parts> parts);
  bool refuse(std::string detail);  // always false
  bool is_signed(std::string_view payload, std::string_view signature);
  bool read_claims(std::string_view payload, AudienceClaims& claims);

  std::unique_ptr<Parts> parts_;
};

// One sentence for people; empty for TokenFault::none.
std::string_view token_fault_detail(TokenFault fault);

std::string_view openssl_version();  // "3.0.19"

}  // namespace doorbuster
