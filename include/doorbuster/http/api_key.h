#pragma once
// API keys: "dbk_" and 32 random bytes in base64url. 256 bits that nobody chose need no slow hash: SHA-256 of
// the text is what a configuration has of one.

#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/base/base64url.h"
#include "doorbuster/base/result.h"
#include "doorbuster/catalog/access.h"

namespace doorbuster {

inline constexpr std::string_view kApiKeyPrefix = "dbk_";
inline constexpr std::size_t kApiKeyRandomBytes = 32;
inline constexpr std::size_t kApiKeyBytes = kApiKeyPrefix.size() + base64url_size(kApiKeyRandomBytes);

// A new one, from the operating system's randomness.
Result<std::string> make_api_key();

// The key of an Authorization header, RFC 6750 section 2.1: "Bearer dbk_...". Empty: it is none, whatever it
// says.
std::string_view bearer_key(std::string_view authorization);

// Single-threaded; allocates nothing after make().
class ApiKeyHasher {
 public:
  // An error when the cryptographic library has no SHA-256.
  static Result<std::unique_ptr<ApiKeyHasher>> make();
  ~ApiKeyHasher();

  // False: the library has failed, and `hash` means nothing.
  bool hash(std::string_view key, Sha256& hash);

 private:
  struct Parts;
  explicit ApiKeyHasher(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Whether two texts are the same; how long that takes tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace doorbuster
