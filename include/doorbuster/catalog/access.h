#pragma once
// Who may do what, as a configuration says it: tenants, and the keys that speak for them. docs/operating.md,
// "Who may do what".

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doorbuster/base/gcra.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

// What a route asks of a key. No scope has another one in it.
enum class Scope : std::uint8_t {
  open,     // nothing: no key is needed
  buy,      // buying, and what changes an order or a place in a line
  read,     // what the public may see, and orders
  operate,  // seeing everything of the tenant's campaigns, and steering them while they run
  admin,    // defining campaigns, and the audit trail
};
inline constexpr std::pair<std::string_view, Scope> kScopes[] = {
    {"buy", Scope::buy}, {"read", Scope::read}, {"operate", Scope::operate}, {"admin", Scope::admin}};
std::string_view scope_name(Scope scope);  // "buy"; "none" for Scope::open

class ScopeSet {
 public:
  constexpr ScopeSet() = default;
  static constexpr ScopeSet all() {
    ScopeSet set;
    for (const auto& [name, scope] : kScopes) set.add(scope);
    return set;
  }
  constexpr void add(Scope scope) {
    bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(scope));
  }
  constexpr bool has(Scope scope) const {
    return scope == Scope::open || (bits_ >> static_cast<unsigned>(scope) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(ScopeSet, ScopeSet) = default;

 private:
  std::uint8_t bits_ = 0;
};

using Sha256 = std::array<std::uint8_t, 32>;

// The key itself is nowhere: whoever has it can show it, and nobody else can make it from this.
struct ApiKeyConfiguration {
  std::string id, tenant;
  ScopeSet scopes;
  Sha256 sha256{};
  friend bool operator==(const ApiKeyConfiguration&, const ApiKeyConfiguration&) = default;
};

// Signed audiences: docs/formats/audience-token.md. Without secrets no token is taken.
struct AudienceTokenOptions {
  std::vector<std::string> secrets;  // the first signs, all verify; never shown or logged
  bool required = false;             // region, segment and channel count only when a token says them
  friend bool operator==(const AudienceTokenOptions&, const AudienceTokenOptions&) = default;
};

struct TenantConfiguration {
  std::string id;
  std::optional<RateLimit> rate_limit = {};
  std::uint32_t requests_share_percent = 100;  // of each HTTP thread's requests
  // Never the default tenant's: its stand in "server" and at the top of the file.
  AudienceTokenOptions audience_tokens = {};
  std::vector<ItemPut> items =
      {};  // "catalog"; without indexes, and of the first tenant until they are planned
  friend bool operator==(const TenantConfiguration&, const TenantConfiguration&) = default;
};

// As an element of "api_keys", on one line.
std::string api_key_json(const ApiKeyConfiguration& key);

// Why nobody should be let in under these addresses without a key; empty: it is fine. Without keys whoever
// reaches a listener may do everything, so only this machine may. `listen` and `admin` are HOST:PORT.
std::string exposed_without_keys(std::string_view listen, std::string_view admin,
                                 const std::vector<ApiKeyConfiguration>& keys);

}  // namespace doorbuster
