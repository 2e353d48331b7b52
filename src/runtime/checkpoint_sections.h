#pragma once
// What the chunks of a checkpoint say. docs/formats/checkpoint.md says the same in prose.
//
// Sections stand in the order of their numbers. Orders are rows as they stand in memory, copied in and out
// without looking at them; every table that can be made from them is made anew. Nothing depends on how many
// shards there are.

#include <cstdint>
#include <type_traits>

#include "doorbuster/base/hash.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

// Raised with every change of what follows, of OrderRow, of OrderLife, and of what the state hash is made of.
inline constexpr std::uint32_t kContentVersion = 1;

enum Section : std::uint16_t {
  kStateSection = 1,
  kDefinitionSection,  // the catalog's, as their records
  kRevisionSection,    // of each campaign
  kPendingSection,     // of a change that has not ended: its begin, then definitions
  kOfferSection,
  kOrderSection,
  kReturnSection,
  kAuditSection,  // one text
  kAlertSection,
};

struct SavedState {
  DataFolderKeys keys;
  std::uint64_t catalog_version, orders, rows, names, returns;
  Tick last_tick;
  std::uint64_t change, alerts;
  std::uint32_t change_records, in_change;
};
static_assert(sizeof(SavedState) == 104 && std::is_trivially_copyable_v<SavedState>);

struct SavedDefinition {
  std::uint16_t kind;
  std::uint8_t version, zero;
  std::uint32_t bytes;
};
static_assert(sizeof(SavedDefinition) == 8);

struct SavedReturn {
  Hash128 key, older;
  std::uint32_t offer, quantity, restock, zero;
};
static_assert(sizeof(SavedReturn) == 48);

struct SavedAlert {
  std::uint64_t sequence;
  Tick at;
  std::uint32_t is_entry, is_active;
  std::uint32_t bytes, zero;
};
static_assert(sizeof(SavedAlert) == 32);

}  // namespace doorbuster
