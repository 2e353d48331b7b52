#include "doorbuster/http/audience_token.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "body_reader.h"
#include "doorbuster/base/base64url.h"
#include "doorbuster/base/check.h"
#include "doorbuster/base/text.h"
#include "doorbuster/http/buy_decoder.h"

namespace doorbuster {
namespace {

// In front of what is signed, so that no signature that a shop makes for something else is one of ours.
constexpr std::string_view kPurpose = "doorbuster-audience-v1.";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kSignatureBytes = base64url_size(kMacBytes);
constexpr std::size_t kPayloadBytesMax = (kAudienceTokenBytesMax - kSignatureBytes - 1) * 3 / 4;

enum Claim : std::size_t { exp, buyer, campaign, region, segment, channel, claim_count };
constexpr std::array<std::string_view, claim_count> kNames = {"exp",    "buyer",   "campaign",
                                                              "region", "segment", "channel"};
constexpr std::array<std::string_view AudienceClaims::*, claim_count> kTexts = {nullptr,
                                                                                &AudienceClaims::buyer,
                                                                                &AudienceClaims::campaign,
                                                                                &AudienceClaims::region,
                                                                                &AudienceClaims::segment,
                                                                                &AudienceClaims::channel};

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>>;
using KeyedMac = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Appends the signature of a payload as it stands in a token. A key is scheduled once, in make().
bool append_signature(EVP_MAC_CTX* keyed, std::string_view payload, std::string& out) {
  std::array<char, kMacBytes> mac;
  std::size_t size = 0;
  const bool made =
      EVP_MAC_init(keyed, nullptr, 0, nullptr) == 1 &&
      EVP_MAC_update(keyed, bytes_of(kPurpose), kPurpose.size()) == 1 &&
      EVP_MAC_update(keyed, bytes_of(payload), payload.size()) == 1 &&
      EVP_MAC_final(keyed, reinterpret_cast<unsigned char*>(mac.data()), &size, mac.size()) == 1;
  if (made) append_base64url(out, {mac.data(), size});
  return made && size == kMacBytes;
}

KeyedMac keyed_mac(const std::string& secret) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  KeyedMac keyed(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (!keyed || EVP_MAC_init(keyed.get(), bytes_of(secret), secret.size(), parameters) != 1) return nullptr;
  std::string proof;
  return append_signature(keyed.get(), {}, proof) ? std::move(keyed) : nullptr;
}

TokenFault fault_of(const AudienceClaims& claims, const TokenBearer& bearer) {
  // An end in whole seconds: what is behind the point makes no difference to either comparison.
  const std::int64_t now_s = bearer.now.ns / kNsPerSecond;
  if (claims.expires_at_s <= now_s) return TokenFault::expired;
  if (claims.expires_at_s - now_s > kAudienceTokenSecondsMax) return TokenFault::too_early;
  if (!claims.campaign.empty() && claims.campaign != bearer.campaign) return TokenFault::other_campaign;
  if (!claims.buyer.empty() && claims.buyer != bearer.buyer) return TokenFault::other_buyer;
  return TokenFault::none;
}

}  // namespace

struct AudienceTokens::Parts {
  std::vector<KeyedMac> macs;  // one for each secret
  BodyReader reader{kPayloadBytesMax};
  std::array<char, kPayloadBytesMax + kBodyPaddingBytes> payload{};
  std::string signature;  // the right one, while it is compared
  std::string detail;
};

Result<std::unique_ptr<AudienceTokens>> AudienceTokens::make(std::span<const std::string> secrets) {
  DOORBUSTER_CHECK(!secrets.empty() && secrets.size() <= kAudienceSecretsMax);
  auto parts = std::make_unique<Parts>();
  parts->signature.reserve(kSignatureBytes);
  for (const std::string& secret : secrets) {
    parts->macs.push_back(keyed_mac(secret));
    if (parts->macs.back()) continue;
    return fail(ErrorKind::runtime, "OpenSSL " + std::string(openssl_version()) +
                                        " does not offer HMAC with SHA-256, which audience tokens need: look "
                                        "at openssl.cnf, or leave out server.audience_tokens");
  }
  return std::unique_ptr<AudienceTokens>(new AudienceTokens(std::move(parts)));
}

AudienceTokens::AudienceTokens(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AudienceTokens::~AudienceTokens() = default;

std::string_view AudienceTokens::detail() const {
  return parts_->detail;
}

bool AudienceTokens::refuse(std::string detail) {
  parts_->detail = std::move(detail);
  return false;
}

Result<std::string> AudienceTokens::sign(const AudienceClaims& claims) {
  std::string payload = "{\"exp\":" + std::to_string(claims.expires_at_s);
  for (std::size_t i = buyer; i < claim_count; ++i) {
    const std::string_view text = claims.*kTexts[i];
    if (text.empty()) continue;
    if (!is_identifier(text)) {
      return fail(ErrorKind::usage,
                  std::string(kNames[i]) + ' ' + quoted(text) + " is no identifier: write 1 to " +
                      std::to_string(kIdentifierBytesMax) + " characters of A-Z a-z 0-9 . _ : @ -");
    }
    payload += ",\"" + std::string(kNames[i]) + "\":\"" + std::string(text) + '"';
  }
  std::string token = seal(payload + '}');
  if (token.size() <= kAudienceTokenBytesMax) return token;
  return fail(ErrorKind::usage, "the token would have " + std::to_string(token.size()) + " bytes, and " +
                                    std::to_string(kAudienceTokenBytesMax) +
                                    " is the most: say less in it, or shorter");
}

std::string AudienceTokens::seal(std::string_view payload) {
  std::string token;
  append_base64url(token, payload);
  std::string signature;
  const bool made = append_signature(parts_->macs.front().get(), token, signature);
  DOORBUSTER_CHECK(made);  // it did in make()
  return token + '.' + signature;
}

bool AudienceTokens::verify(std::string_view token, const TokenBearer& bearer, AudienceClaims& claims,
                            TokenFault& fault) {
  claims = {};
  fault = TokenFault::none;
  const auto dot = token.find('.');
  if (token.size() > kAudienceTokenBytesMax || dot == std::string_view::npos) {
    return refuse("\"token\" must be a payload, a dot and a signature, 512 bytes at most.");
  }
  const std::string_view payload = token.substr(0, dot), signature = token.substr(dot + 1);
  if (signature.size() != kSignatureBytes || !is_base64url(signature)) {
    return refuse("The signature of \"token\" must be 43 letters of base64url, without padding.");
  }
  const auto payload_bytes = decode_base64url(payload, parts_->payload);
  if (!payload_bytes) return refuse("The payload of \"token\" must be base64url without padding.");
  if (!is_signed(payload, signature)) {
    fault = TokenFault::signature;
    return true;
  }
  AudienceClaims read;
  if (!read_claims({parts_->payload.data(), *payload_bytes}, read)) return false;
  fault = fault_of(read, bearer);
  if (fault == TokenFault::none) claims = read;
  return true;
}

bool AudienceTokens::is_signed(std::string_view payload, std::string_view signature) {
  return std::any_of(parts_->macs.begin(), parts_->macs.end(), [&](const KeyedMac& mac) {
    std::string& right = parts_->signature;
    right.clear();
    return append_signature(mac.get(), payload, right) &&
           CRYPTO_memcmp(right.data(), signature.data(), kSignatureBytes) == 0;
  });
}

// Only what is signed is read.
bool AudienceTokens::read_claims(std::string_view payload, AudienceClaims& claims) {
  BodyReader& reader = parts_->reader;
  const auto take = [&](std::size_t claim, const BodyReader::Member& member) {
    return claim == exp ? reader.take_integer(member, 0, INT64_MAX, claims.expires_at_s)
                        : reader.take_identifier(member, claims.*kTexts[claim]);
  };
  constexpr const char* kMalformed = "The payload of \"token\" is signed, but malformed. ";
  if (!reader.read(payload, kNames, take) || !reader.in_range()) {
    return refuse(kMalformed + std::string(reader.detail()));
  }
  return (reader.seen() >> exp & 1) != 0 || refuse(std::string(kMalformed) + "\"exp\" is missing.");
}

std::string_view token_fault_detail(TokenFault fault) {
  switch (fault) {
    case TokenFault::none:
      return {};
    case TokenFault::signature:
      return "The token's signature is not of this server's secrets.";
    case TokenFault::expired:
      return "The token has expired.";
    case TokenFault::too_early:
      return "The token is not acceptable yet: it expires more than 24 hours from now.";
    case TokenFault::other_campaign:
      return "The token is for another campaign.";
    case TokenFault::other_buyer:
      return "The token is for another buyer.";
  }
  return {};
}

std::string_view openssl_version() {
  return OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace doorbuster
