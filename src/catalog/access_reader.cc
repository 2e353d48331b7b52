#include "catalog/access_reader.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <utility>

#include "catalog/campaign_reader.h"
#include "catalog/item_reader.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::size_t kSha256Digits = 2 * std::tuple_size_v<Sha256>;

// --- audience tokens
// ------------------------------------------------------------------------------------------

// What is wrong with a secret is told without it: these messages go to screens and logs.
void read_secrets(JsonReader& reader, const JsonNode& node, AudienceTokenOptions& options) {
  std::vector<std::string>& secrets = options.secrets;
  reader.array(node, {1, kAudienceSecretsMax}, [&](const JsonNode& element) {
    std::string secret;
    if (!reader.string(element, {kAudienceSecretBytesMin, kAudienceSecretBytesMax}, secret)) return;
    if (std::find(secrets.begin(), secrets.end(), secret) != secrets.end()) {
      return reader.error(element, "is there twice: each secret once");
    }
    secrets.push_back(std::move(secret));
  });
}

constexpr JsonMember<AudienceTokenOptions> kAudienceTokenMembers[] = {
    {"secrets", Presence::required, read_secrets},
    {"required", Presence::optional,
     [](JsonReader& r, const JsonNode& n, AudienceTokenOptions& o) { r.boolean(n, o.required); }},
};

// --- tenants
// --------------------------------------------------------------------------------------------------

constexpr JsonMember<RateLimit> kRateLimitMembers[] = {
    {"requests_per_second", Presence::required,
     [](JsonReader& r, const JsonNode& n, RateLimit& limit) {
       r.integer(n, {1, kRequestsPerSecondMax, "requests"}, limit.requests_per_second);
     }},
    {"burst", Presence::required,
     [](JsonReader& r, const JsonNode& n, RateLimit& limit) {
       r.integer(n, {1, kRequestBurstMax, "requests"}, limit.burst);
     }},
};

constexpr JsonMember<TenantConfiguration> kTenantMembers[] = {
    {"id", Presence::required,
     [](JsonReader& r, const JsonNode& n, TenantConfiguration& t) { r.identifier(n, t.id); }},
    {"rate_limit", Presence::optional,
     [](JsonReader& r, const JsonNode& n, TenantConfiguration& t) {
       r.object(n, kRateLimitMembers, t.rate_limit.emplace());
     }},
    {"requests_share_percent", Presence::optional,
     [](JsonReader& r, const JsonNode& n, TenantConfiguration& t) {
       r.integer(n, {1, 100, "percent"}, t.requests_share_percent);
     }},
    {"audience_tokens", Presence::optional,
     [](JsonReader& r, const JsonNode& n, TenantConfiguration& t) {
       read_audience_tokens(r, n, t.audience_tokens);
     }},
    {"catalog", Presence::optional,
     [](JsonReader& r, const JsonNode& n, TenantConfiguration& t) { read_items(r, n, t.items); }},
};

void read_tenant(JsonReader& reader, const JsonNode& node, TenantConfiguration& tenant) {
  reader.object(node, kTenantMembers, tenant);
  if (tenant.id != kDefaultTenantName) return;
  if (const JsonNode* tokens = node.find("audience_tokens")) {
    reader.error(*tokens, "the first tenant's audience_tokens stand in \"server\": move them there");
  }
  if (const JsonNode* items = node.find("catalog")) {
    reader.error(*items, "the first tenant's catalog stands at the top of the file: move it there");
  }
}

// --- keys
// -----------------------------------------------------------------------------------------------------

void read_scopes(JsonReader& reader, const JsonNode& node, ApiKeyConfiguration& key) {
  reader.array(node, {1, std::size(kScopes)}, [&](const JsonNode& element) {
    Scope scope = Scope::open;
    if (!reader.choice(element, kScopes, scope)) return;
    if (key.scopes.has(scope)) return reader.error(element, quoted(element.string()) + " is there twice");
    key.scopes.add(scope);
  });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void read_sha256(JsonReader& reader, const JsonNode& node, ApiKeyConfiguration& key) {
  if (!reader.expect(node, JsonType::string)) return;
  const std::string_view text = node.string();
  // Not repeated: it may be the key itself, in the wrong place.
  const bool fits = text.size() == kSha256Digits &&
                    std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!fits) {
    return reader.error(node, "must be the 64 hex digits of the key's SHA-256: `doorbuster key` prints them");
  }
  for (std::size_t i = 0; i < key.sha256.size(); ++i) {
    key.sha256[i] = static_cast<std::uint8_t>(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
  }
}

constexpr JsonMember<ApiKeyConfiguration> kApiKeyMembers[] = {
    {"id", Presence::required,
     [](JsonReader& r, const JsonNode& n, ApiKeyConfiguration& k) { r.identifier(n, k.id); }},
    {"tenant", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ApiKeyConfiguration& k) { r.identifier(n, k.tenant); }},
    {"scopes", Presence::required, read_scopes},
    {"sha256", Presence::required, read_sha256},
};

// Two ids for one key: who was it?
void refuse_repeated_keys(JsonReader& reader, const JsonNode& array,
                          const std::vector<ApiKeyConfiguration>& keys) {
  boost::unordered_flat_map<std::string_view, const ApiKeyConfiguration*> first;
  auto key = keys.begin();
  for (const JsonNode& element : array.children()) {
    const ApiKeyConfiguration& read = *key++;
    const JsonNode* hash = reader.sound(element, "sha256");
    if (hash == nullptr) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(read.sha256.data()), read.sha256.size());
    const auto [seen, fresh] = first.emplace(bytes, &read);
    if (!fresh) reader.error(*hash, "is the hash of key " + quoted(seen->second->id) + " already");
  }
}

}  // namespace

void read_audience_tokens(JsonReader& reader, const JsonNode& node, AudienceTokenOptions& options) {
  reader.object(node, kAudienceTokenMembers, options);
}

void read_tenants(JsonReader& reader, const JsonNode& node, Configuration& configuration) {
  std::vector<TenantConfiguration>& tenants = configuration.tenants;
  reader.array(node, {0, kTenantsMax},
               [&](const JsonNode& tenant) { read_tenant(reader, tenant, tenants.emplace_back()); });
  refuse_repeated(reader, node, "id", "id of the tenant");
}

void read_api_keys(JsonReader& reader, const JsonNode& node, Configuration& configuration) {
  std::vector<ApiKeyConfiguration>& keys = configuration.api_keys;
  reader.array(node, {0, kApiKeysMax}, [&](const JsonNode& element) {
    ApiKeyConfiguration& key = keys.emplace_back();
    key.tenant = kDefaultTenantName;
    reader.object(element, kApiKeyMembers, key);
  });
  if (!node.is(JsonType::array)) return;
  refuse_repeated(reader, node, "id", "id of the key");
  refuse_repeated_keys(reader, node, keys);
}

void check_tenants(JsonReader& reader, const JsonNode& root, const Configuration& configuration) {
  boost::unordered_flat_set<std::string_view> tenants = {kDefaultTenantName};
  for (const TenantConfiguration& tenant : configuration.tenants) tenants.insert(tenant.id);
  const auto check = [&](std::string_view part, auto&& also) {
    const JsonNode* array = reader.sound(root, part);
    if (array == nullptr || !array->is(JsonType::array)) return;
    for (const JsonNode& element : array->children()) {
      const JsonNode* tenant = reader.sound(element, "tenant");
      if (tenant == nullptr || !tenant->is(JsonType::string)) continue;
      if (!tenants.contains(tenant->string())) {
        reader.error(*tenant, quoted(tenant->string()) + " is no tenant: add it to \"tenants\"");
      } else {
        also(*tenant);
      }
    }
  };
  check("api_keys", [](const JsonNode&) {});
  check("sinks", [](const JsonNode&) {});
  check("campaigns", [&](const JsonNode& tenant) {
    if (tenant.string() == kDefaultTenantName || !configuration.api_keys.empty()) return;
    reader.error(tenant,
                 "without \"api_keys\" nobody can reach a campaign of another tenant than \"default\": "
                 "add keys, `doorbuster key` makes them");
  });
}

void add_audience_token_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kAudienceTokenMembers, keys);
}

void add_access_keys(std::vector<std::string>& keys) {
  add_keys("/tenants/*", kTenantMembers, keys);
  add_keys("/tenants/*/rate_limit", kRateLimitMembers, keys);
  add_audience_token_keys("/tenants/*/audience_tokens", keys);
  add_item_keys("/tenants/*/catalog/*", keys);
  add_keys("/api_keys/*", kApiKeyMembers, keys);
}

}  // namespace doorbuster
