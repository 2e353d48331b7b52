#include "doorbuster/http/access.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/http/exchange.h"

namespace doorbuster {

AccessTable::AccessTable() {
  tenants_.push_back({.id = kDefaultTenant, .name = std::string(kDefaultTenantName)});
  index_tenants();
}

AccessTable::AccessTable(const Configuration& configuration, const Catalog& catalog,
                         const AccessTable& before) {
  tenants_.push_back({.id = kDefaultTenant, .name = std::string(kDefaultTenantName)});
  for (const TenantConfiguration& configured : configuration.tenants) {
    const TenantPut* known = catalog.find_tenant(configured.id);
    DOORBUSTER_CHECK(known != nullptr);
    const bool is_first = known->tenant == kDefaultTenant;
    TenantAccess& tenant = is_first ? tenants_.front() : tenants_.emplace_back();
    tenant.id = known->tenant;
    tenant.name = configured.id;
    tenant.rate_limit = configured.rate_limit;
    tenant.requests_max = std::max(1U, kRequestsPerThreadMax * configured.requests_share_percent / 100);
    tenant.audience_tokens = configured.audience_tokens;
  }
  for (TenantAccess& tenant : tenants_) {
    const auto old = std::ranges::find(before.tenants_, tenant.id, &TenantAccess::id);
    if (old != before.tenants_.end()) tenant.meter = old->meter;
  }
  index_tenants();
  names_.reserve(configuration.api_keys.size());
  for (const ApiKeyConfiguration& key : configuration.api_keys) {
    const TenantPut* tenant = catalog.find_tenant(key.tenant);
    DOORBUSTER_CHECK(tenant != nullptr);
    names_.push_back(key.id);
    keys_.emplace(key.sha256, Caller{.tenant = tenant->tenant, .scopes = key.scopes, .name = names_.back()});
  }
}

void AccessTable::index_tenants() {
  std::uint32_t last = 0;
  for (const TenantAccess& tenant : tenants_) last = std::max(last, tenant.id.value);
  by_id_.resize(last + 1);
  for (std::uint32_t i = 0; i < tenants_.size(); ++i) by_id_[tenants_[i].id.value] = i;
}

bool AccessTable::SameHash::operator()(const Sha256& a, const Sha256& b) const noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

const Caller* AccessTable::find(const Sha256& hash) const {
  const auto found = keys_.find(hash);
  return found == keys_.end() ? nullptr : &found->second;
}

const AccessCell& open_access() {
  static const AccessCell open;
  return open;
}

namespace {

std::unique_ptr<ApiKeyHasher> hasher_or_none() {
  auto hasher = ApiKeyHasher::make();
  return hasher ? std::move(*hasher) : nullptr;
}

}  // namespace

Gatekeeper::Gatekeeper(const AccessCell& cell) : cell_(cell), table_(cell.get()), hasher_(hasher_or_none()) {}

const Caller* Gatekeeper::identify(const HttpRequest& http) {
  if (const std::uint64_t changes = cell_.changes(); changes != changes_) {
    changes_ = changes;
    table_ = cell_.get();
    last_caller_ = nullptr;
    last_header_.clear();
  }
  if (!table_->has_keys()) return &open_;
  if (!http.has_authorization) return nullptr;
  if (last_caller_ != nullptr && same_secret(http.authorization, last_header_)) return last_caller_;
  const Caller* caller = look_up(http.authorization);
  if (caller != nullptr && http.authorization.size() <= kHeaderKeptMax) {
    last_header_ = http.authorization;
    last_caller_ = caller;
  }
  return caller;
}

const Caller* Gatekeeper::look_up(std::string_view authorization) {
  const std::string_view key = bearer_key(authorization);
  Sha256 hash;
  if (key.empty() || hasher_ == nullptr || !hasher_->hash(key, hash)) return nullptr;
  return table_->find(hash);
}

// RFC 6750, section 3: without credentials no error is told.
std::nullptr_t refuse_unauthorized(const Exchange& exchange) {
  return exchange.refuse(
      Outcome::unauthorized,
      {.challenge = exchange.http.has_authorization ? "Bearer realm=\"doorbuster\", error=\"invalid_token\""
                                                    : "Bearer realm=\"doorbuster\""});
}

std::nullptr_t refuse_scope(const Exchange& exchange, Scope scope) {
  const std::string name(scope_name(scope));
  const std::string detail = "This API key has not the scope \"" + name + "\".";
  const std::string challenge =
      R"(Bearer realm="doorbuster", error="insufficient_scope", scope=")" + name + '"';
  return exchange.refuse(Outcome::forbidden, {.detail = detail, .challenge = challenge});
}

}  // namespace doorbuster
