#include "sink/webhook_signature.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kMacBytes = 32;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

const unsigned char* bytes_of(const void* data) {
  return static_cast<const unsigned char*>(data);
}

// Nothing when the text is not base64, or not the one text of its bytes. OpenSSL's own decoder takes white
// space and any padding.
std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  const std::size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  if (padding > 2) return {};
  text.remove_suffix(padding);
  std::vector<std::byte> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that no byte has yet
  for (const char letter : text) {
    const int value = kValues[static_cast<unsigned char>(letter)];
    if (value < 0) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> count));
    bits &= (1U << count) - 1;
  }
  if (bits != 0) return {};
  return bytes;
}

void append_base64(std::string& out, std::span<const unsigned char, kMacBytes> bytes) {
  std::array<unsigned char, (kMacBytes + 2) / 3 * 4 + 1> text;  // and the end that OpenSSL writes
  const int size = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  out.append(text.begin(), text.begin() + size);
}

}  // namespace

Result<std::vector<std::byte>> parse_webhook_secret(std::string_view text) {
  constexpr const char* kAdvice =
      ": make one with `echo whsec_$(head -c 32 /dev/urandom | base64)` and give it to the target, too";
  const auto wrong = [&](std::string what) {
    return fail(ErrorKind::configuration, std::move(what) + kAdvice);
  };
  if (!text.starts_with(kSecretPrefix)) return wrong("a webhook's secret begins with whsec_");
  auto secret = decode_base64(text.substr(kSecretPrefix.size()));
  if (!secret) return wrong("what follows whsec_ in a webhook's secret is not base64 with its padding");
  if (secret->size() < kWebhookSecretBytesMin || secret->size() > kWebhookSecretBytesMax) {
    return wrong("a webhook's secret is base64 of " + std::to_string(kWebhookSecretBytesMin) + " to " +
                 std::to_string(kWebhookSecretBytesMax) + " bytes, and this is one of " +
                 std::to_string(secret->size()));
  }
  return *std::move(secret);
}

std::string webhook_id(const FolderIdentity& folder, const FeedPosition& event) {
  return hex(std::as_bytes(std::span(folder))) + '_' + format_feed_position(event);
}

void WebhookSigner::Freed::operator()(evp_mac_ctx_st* mac) const {
  EVP_MAC_CTX_free(mac);
}

WebhookSigner::KeyedMac WebhookSigner::keyed_mac(std::span<const std::byte> secret) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  KeyedMac keyed(mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr);
  EVP_MAC_free(mac);  // the context has a share of its own
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (!keyed || EVP_MAC_init(keyed.get(), bytes_of(secret.data()), secret.size(), parameters) != 1) return {};
  return keyed;
}

Result<WebhookSigner> WebhookSigner::make(std::span<const std::string> secrets) {
  if (secrets.empty() || secrets.size() > kWebhookSecretsMax) {
    return fail(ErrorKind::configuration, "a webhook is signed with 1 to " +
                                              std::to_string(kWebhookSecretsMax) + " secrets, and " +
                                              std::to_string(secrets.size()) + " are set: see its secrets");
  }
  WebhookSigner signer;
  for (const std::string& text : secrets) {
    auto secret = parse_webhook_secret(text);
    if (!secret) return tl::unexpected(std::move(secret.error()));
    signer.macs_.push_back(keyed_mac(*secret));
    if (signer.macs_.back()) continue;
    return fail(ErrorKind::runtime,
                "this OpenSSL does not offer HMAC with SHA-256, which webhooks are signed with: look at "
                "openssl.cnf");
  }
  return signer;
}

std::string WebhookSigner::sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) {
  const std::string head = std::string(id) + '.' + std::to_string(timestamp_s) + '.';
  std::string signatures;
  for (const KeyedMac& mac : macs_) {
    std::array<unsigned char, kMacBytes> signature;
    std::size_t size = 0;
    const bool made = EVP_MAC_init(mac.get(), nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(mac.get(), bytes_of(head.data()), head.size()) == 1 &&
                      EVP_MAC_update(mac.get(), bytes_of(body.data()), body.size()) == 1 &&
                      EVP_MAC_final(mac.get(), signature.data(), &size, signature.size()) == 1;
    DOORBUSTER_CHECK(made && size == kMacBytes);  // it was keyed, and no memory is all that it can lack
    if (!signatures.empty()) signatures += ' ';
    signatures += kVersion;
    append_base64(signatures, signature);
  }
  return signatures;
}

}  // namespace doorbuster
