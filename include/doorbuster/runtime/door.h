#pragma once
// The door between one HTTP thread and the shards: all that the HTTP room may ask of the engine. Used by that
// thread only.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/runtime/board.h"
#include "doorbuster/runtime/request.h"
#include "doorbuster/runtime/shard_agent.h"

namespace doorbuster {

// The catalog in force, for threads that only read it: a new one is seen at the next look. The lock is taken
// once for each change, never in between.
class CatalogCell {
 public:
  void set(CatalogPointer catalog) {
    const std::lock_guard lock(mutex_);
    catalog_ = std::move(catalog);
    changes_.fetch_add(1);
  }
  CatalogPointer get() const {
    const std::lock_guard lock(mutex_);
    return catalog_;
  }
  std::uint64_t changes() const {
    // Pairs with the read-modify-write in set(); what is read then is read under the lock.
    return changes_.load(std::memory_order_acquire);
  }

 private:
  mutable std::mutex mutex_;
  CatalogPointer catalog_ = std::make_shared<const Catalog>();
  std::atomic<std::uint64_t> changes_ = 0;
};

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

  // Null at the bound: answer `overloaded`.
  Request* take() { return pool_.take(); }
  void give_back(Request* request) { pool_.give_back(request); }
  std::uint32_t in_use() const { return pool_.in_use(); }

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
