#pragma once
// Who is let in: the keys, tenants and limits in force as one immutable snapshot, and what a thread needs to
// look at it. docs/operating.md, "Who may do what".

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/gcra.h"
#include "doorbuster/base/snapshot_cell.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/http/api_key.h"
#include "doorbuster/http/http_request.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

// Who asks.
struct Caller {
  TenantId tenant = kDefaultTenant;
  ScopeSet scopes = ScopeSet::all();
  std::string_view name = "admin";  // the key's id: the author of changes
};

// What a tenant has used, for all threads; it outlives the snapshots.
class TenantMeter {
 public:
  Gcra rate;
  // Requests that a limit refused. Written by several threads, so these add where a Counter would store.
  void count_rate_limited() { rate_limited_.fetch_add(1, std::memory_order_relaxed); }    // relaxed: a count
  void count_share_limited() { share_limited_.fetch_add(1, std::memory_order_relaxed); }  // relaxed: a count
  std::uint64_t rate_limited() const {
    return rate_limited_.load(std::memory_order_relaxed);  // relaxed: a count
  }
  std::uint64_t share_limited() const {
    return share_limited_.load(std::memory_order_relaxed);  // relaxed: a count
  }

 private:
  // Behind the rate's line: a refused crowd that counts must not slow down who takes.
  std::atomic<std::uint64_t> rate_limited_ = 0, share_limited_ = 0;
};

struct TenantAccess {
  TenantId id;
  std::string name;
  std::optional<RateLimit> rate_limit = {};
  std::uint32_t requests_max = kRequestsPerThreadMax;  // under way at once, of one HTTP thread
  AudienceTokenOptions audience_tokens = {};           // but the first tenant's, which are the server's
  std::shared_ptr<TenantMeter> meter = std::make_shared<TenantMeter>();
};

class AccessTable {
 public:
  AccessTable();  // no keys: everybody is the first tenant and may do everything
  // REQUIRES: keys' tenants are among the configuration's or the first, and all of them in the catalog.
  // Meters are taken over from `before`.
  AccessTable(const Configuration& configuration, const Catalog& catalog, const AccessTable& before);
  AccessTable(const AccessTable&) = delete;
  AccessTable& operator=(const AccessTable&) = delete;

  bool has_keys() const { return !keys_.empty(); }
  // Null: there is no key of this hash. Looking for it takes as long whichever bytes differ.
  const Caller* find(const Sha256& hash) const;
  // Whether the caller may see what names this tenant, its campaigns or its SKUs in what all of them share.
  bool may_see_names(const Caller& caller, TenantId tenant) const {
    return !has_keys() || (caller.scopes.has(Scope::operate) && caller.tenant == tenant);
  }
  // The first tenant first. A tenant without a key may be missing.
  const std::vector<TenantAccess>& tenants() const { return tenants_; }
  // REQUIRES: a caller's tenant.
  const TenantAccess& tenant(TenantId id) const { return tenants_[by_id_[id.value]]; }

 private:
  // The bytes are a hash of what nobody can choose to collide: any eight of them do.
  struct HashOfHash {
    using is_avalanching = void;
    std::size_t operator()(const Sha256& hash) const noexcept {
      std::size_t first = 0;
      std::memcpy(&first, hash.data(), sizeof first);
      return first;
    }
  };
  struct SameHash {
    bool operator()(const Sha256& a, const Sha256& b) const noexcept;
  };
  void index_tenants();

  std::vector<TenantAccess> tenants_;
  std::vector<std::uint32_t> by_id_;  // in tenants_
  std::vector<std::string> names_;    // of keys: callers view them
  boost::unordered_flat_map<Sha256, Caller, HashOfHash, SameHash> keys_;
};

using AccessCell = SnapshotCell<AccessTable>;
// One that lets everybody in, for ever.
const AccessCell& open_access();

// One thread's look at the snapshot. It remembers the last header that was right, as long as the snapshot is
// in force: who keeps a connection pays for the hash once.
class Gatekeeper {
 public:
  explicit Gatekeeper(const AccessCell& cell);

  // Null: this needs a key and has none that is known. Good until the next call.
  const Caller* identify(const HttpRequest& http);
  // The snapshot of the last identify(), and its number: another one, and what was made from it is stale.
  const AccessTable& table() const { return *table_; }
  std::uint64_t table_number() const { return changes_; }

 private:
  static constexpr std::size_t kHeaderKeptMax = 96;  // longer ones are hashed each time
  const Caller* look_up(std::string_view authorization);

  const AccessCell& cell_;
  std::shared_ptr<const AccessTable> table_;
  std::uint64_t changes_ = 0;
  const std::unique_ptr<ApiKeyHasher> hasher_;  // null: the library has none, and no key is right
  const Caller open_;
  std::string last_header_;
  const Caller* last_caller_ = nullptr;
};

struct Exchange;
// The refusals of who is not let in; each writes the whole reply.
std::nullptr_t refuse_unauthorized(const Exchange& exchange);
std::nullptr_t refuse_scope(const Exchange& exchange, Scope scope);

}  // namespace doorbuster
