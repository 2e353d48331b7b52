#pragma once
// What an engine is made with, and which offers are its.

#include <cstdint>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/model/ids.h"

namespace doorbuster {

class Allowances;

struct EngineOptions {
  std::uint32_t shard = 0;   // this engine's, below `shards`
  std::uint32_t shards = 1;  // an offer belongs to shard offer % shards
  std::uint64_t orders_max = 0;
  std::uint64_t names_min = 0, returns_min = 0;  // room for at least so many names and keys of returns
  HashKey table_key;                             // of the data folder, for keyed_hash()
  // How long an order is remembered when nothing about it counts any more.
  std::int64_t retention_ns = std::int64_t{kOrderRetentionSecondsDefault} * kNsPerSecond;
  // Units of each buyer over a whole campaign, shared by all engines of the process. Outlives the engine.
  Allowances* allowances = nullptr;
};

inline constexpr std::uint32_t owner_shard(OfferIndex offer, std::uint32_t shards) {
  return offer.value % shards;
}

}  // namespace doorbuster
