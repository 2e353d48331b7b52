#pragma once
// The door between one HTTP thread and the shards: all that the HTTP room may ask of the engine. Used by that
// thread only.

#include <cstdint>
#include <span>
#include <vector>

#include "doorbuster/base/snapshot_cell.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/runtime/board.h"
#include "doorbuster/runtime/request.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

// The catalog in force: a new one is seen at the next look.
using CatalogCell = SnapshotCell<Catalog>;

struct DataFolderKeys {
  HashKey table_key;
  HashKey order_id_key;
};

class EngineDoor {
 public:
  EngineDoor(std::uint16_t http_thread, std::vector<ShardAgent*> shards, const Board& board,
             const CatalogCell& catalog, const DataFolderKeys& keys,
             std::uint32_t requests_max = kRequestsPerThreadMax);

  // The catalog as of this moment. The reference is good until the next call.
  const Catalog& catalog();
  const Board& board() const { return board_; }
  const DataFolderKeys& keys() const { return keys_; }

  // Null at the bound: answer `overloaded`. `tenant`: who asks.
  Request* take(TenantId tenant = kDefaultTenant, Request::Kind kind = Request::Kind::buy) {
    return pool_.take(tenant, kind);
  }
  bool has_room(Request::Kind kind) const { return pool_.has_room(kind); }
  void give_back(Request* request) { pool_.give_back(request); }
  std::uint32_t in_use() const { return pool_.in_use(); }
  std::uint32_t in_use(TenantId tenant) const { return pool_.in_use(tenant); }

  // Hands the request to the shard that owns it. False at the bound: it stays with the caller.
  [[nodiscard]] bool submit(Request* request);
  // Wakes the shards that got something since the last call. Once for each duty cycle.
  void ring_shards();
  // Takes answers back.
  std::size_t collect(std::span<Request*> out) { return replies_.pop(out.data(), out.size()); }
  bool has_replies() const { return replies_.size() != 0; }

  ReplyQueue& replies() { return replies_; }
  Notifier& notifier() { return *notifier_; }
  // The notifier of the thread that runs this door's HTTP agent; given by the wiring before it starts.
  void set_notifier(Notifier* notifier) { notifier_ = notifier; }

 private:
  const std::uint16_t http_thread_;
  const std::vector<ShardAgent*> shards_;
  const Board& board_;
  const CatalogCell& catalog_cell_;
  const DataFolderKeys keys_;
  CatalogPointer catalog_;
  std::uint64_t catalog_changes_ = 0;
  RequestPool pool_;
  ReplyQueue replies_;
  Notifier* notifier_ = nullptr;
  std::vector<bool> rung_;
  bool any_rung_ = false;
};

}  // namespace doorbuster
