#pragma once
// What a webhook is signed with, by the Standard Webhooks rules
// (https://github.com/standard-webhooks/standard-webhooks, symmetric signatures).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/feed/position.h"
#include "doorbuster/journal/format.h"

struct evp_mac_ctx_st;  // EVP_MAC_CTX

namespace doorbuster {

inline constexpr std::size_t kWebhookSecretBytesMin = 24;
inline constexpr std::size_t kWebhookSecretBytesMax = 64;
inline constexpr std::size_t kWebhookSecretsMax = 4;  // one goes, one comes, and room for mistakes

// The bytes of "whsec_" and base64 (RFC 4648 section 4, with its padding) of 24 to 64 bytes. An error (of
// kind `configuration`) says what is wrong with the text and never repeats any of it.
Result<std::vector<std::byte>> parse_webhook_secret(std::string_view text);

// `webhook-id`: "<folder's identity>_<epoch>-<sequence>", the same at each attempt and unique for ever. It
// has no '.', which the standard keeps for what is signed.
std::string webhook_id(const FolderIdentity& folder, const FeedPosition& event);

// Signs with each of a sink's secrets. One thread at a time.
class WebhookSigner {
 public:
  // An error: no secret or too many, one that is none, or an OpenSSL without HMAC.
  static Result<WebhookSigner> make(std::span<const std::string> secrets);

  // `webhook-signature`: for each secret "v1," and base64 of HMAC-SHA256 over "<id>.<timestamp>.<body>", with
  // spaces between them.
  std::string sign(std::string_view id, std::int64_t timestamp_s, std::string_view body);

 private:
  struct Freed {
    void operator()(evp_mac_ctx_st* mac) const;
  };
  using KeyedMac = std::unique_ptr<evp_mac_ctx_st, Freed>;
  static KeyedMac keyed_mac(std::span<const std::byte> secret);

  std::vector<KeyedMac> macs_;  // one for each secret: a key is scheduled once
};

}  // namespace doorbuster
