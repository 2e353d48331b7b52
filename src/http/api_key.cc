#include "doorbuster/http/api_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace doorbuster {

Result<std::string> make_api_key() {
  std::array<char, kApiKeyRandomBytes> bytes;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    return fail(ErrorKind::runtime, "the operating system gives no randomness");
  }
  std::string key(kApiKeyPrefix);
  append_base64url(key, {bytes.data(), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (authorization.size() <= kScheme.size() + kApiKeyBytes) return {};
  const std::string_view scheme = authorization.substr(0, kScheme.size());
  const std::string_view key = authorization.substr(authorization.size() - kApiKeyBytes);
  const std::string_view between =
      authorization.substr(kScheme.size(), authorization.size() - kScheme.size() - kApiKeyBytes);
  const auto same_letter = [](char a, char lower) { return (a | 0x20) == lower; };
  if (!std::equal(scheme.begin(), scheme.end(), kScheme.begin(), same_letter)) return {};
  if (between.empty() || between.find_first_not_of(' ') != std::string_view::npos) return {};
  if (!key.starts_with(kApiKeyPrefix) || !is_base64url(key.substr(kApiKeyPrefix.size()))) return {};
  return key;
}

struct ApiKeyHasher::Parts {
  struct Free {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Free> digest;
  std::unique_ptr<EVP_MD_CTX, Free> context;
};

ApiKeyHasher::ApiKeyHasher(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ApiKeyHasher::~ApiKeyHasher() = default;

// The digest is looked up once, here: that alone takes longer than hashing a key.
Result<std::unique_ptr<ApiKeyHasher>> ApiKeyHasher::make() {
  auto parts = std::make_unique<Parts>();
  parts->digest.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  parts->context.reset(EVP_MD_CTX_new());
  if (parts->digest == nullptr || parts->context == nullptr) {
    return fail(ErrorKind::runtime, "the cryptographic library has no SHA-256");
  }
  return std::unique_ptr<ApiKeyHasher>(new ApiKeyHasher(std::move(parts)));
}

bool ApiKeyHasher::hash(std::string_view key, Sha256& hash) {
  EVP_MD_CTX* const context = parts_->context.get();
  unsigned int bytes = 0;
  return EVP_DigestInit_ex2(context, parts_->digest.get(), nullptr) == 1 &&
         EVP_DigestUpdate(context, key.data(), key.size()) == 1 &&
         EVP_DigestFinal_ex(context, hash.data(), &bytes) == 1 && bytes == hash.size();
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace doorbuster
