#pragma once
// From a journal to engines: the same code for the start of a server and for the offline tools.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/catalog/audit.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/journal/checkpoint.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/runtime/alert_log.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

struct RecoveryOptions {
  std::uint32_t shards = 1;
  std::uint64_t orders_max = kOrdersDefault;
  std::uint32_t order_retention_seconds = kOrderRetentionSecondsDefault;
  // For reading what a process with larger tables had room for: see EngineOptions.
  std::uint64_t names_min = 0, returns_min = 0;
};

struct EncodedRecord {
  RecordInfo info;
  std::string payload;
};

// A sample of the state that the replay did not come to.
struct StateFault {
  std::uint64_t epoch = 0;  // of the process that wrote it
  std::string text;
};

// What a record is looked up by in the tables.
struct RecordKeys {
  enum class Of : std::uint8_t { nothing, new_order, event };
  Of of = Of::nothing;
  OrderNumber number;
  BuyHashes hashes;  // of a new order
};

// Feeds records to engines. apply() is a journal's RecordVisitor.
class StateBuilder {
 public:
  explicit StateBuilder(const RecoveryOptions& options) : options_(options) {}

  Status apply(const JournalRecord& record) { return apply(record, keys_of(record)); }
  // The same in steps, for who has the records that come next: keys_of() may run on another thread than the
  // rest, prefetch() asks the memory for what apply() looks at. REQUIRES: keys are those of the record.
  RecordKeys keys_of(const JournalRecord& record) const;
  void prefetch(const RecordKeys& keys) const;
  Status apply(const JournalRecord& record, const RecordKeys& keys);

  // --- checkpoints: checkpoint_state.cc, load_checkpoint.cc ---
  // All of it, what of a change has come so far included. REQUIRES: has_keys().
  Status save(CheckpointWriter& writer) const;
  // Instead of the first apply(). An error of kind configuration says that the checkpoint is damaged, and
  // where, unless out_of_room(): then it is larger than orders_max. After any error nothing of this is of
  // use.
  Status load(CheckpointReader& reader);
  static CheckpointContent checkpoint_content();

  bool has_keys() const { return has_keys_; }
  const DataFolderKeys& keys() const { return keys_; }
  void set_keys(const DataFolderKeys& keys);  // of a fresh folder; makes the engines
  const CatalogPointer& catalog() const { return catalog_; }
  void install(CatalogPointer catalog);
  // Forgets every order that is over at `now`, before a change that it may be over by. What to journal.
  std::vector<EncodedRecord> forget_over(Tick now);
  // A record did not fit the tables, or a checkpoint.
  bool out_of_room() const { return out_of_room_; }
  // The changes of the catalog that were applied, the last ones.
  AuditLog& audit() { return audit_; }
  // What was raised and cleared. The state hash is without it: nothing rests on an alert.
  std::unique_ptr<AlertLog>& alerts() { return alerts_; }
  std::vector<std::unique_ptr<Engine>>& engines() { return engines_; }
  // The engines use it: it must outlive them.
  std::unique_ptr<Allowances>& allowances() { return allowances_; }
  std::uint64_t state_hash() const;  // of all engines, the allowances and the catalog
  Tick last_tick() const { return last_tick_; }
  std::uint64_t orders() const { return orders_; }  // that are remembered
  // Samples of what the running engine had, compared so far; those that are not what this has,
  // the newest kStateFaultsKept of them.
  std::uint64_t samples() const { return samples_; }
  const std::vector<StateFault>& state_faults() const { return state_faults_; }
  // Units sold or held of each offer, by index.
  std::vector<std::int64_t> committed() const;

 private:
  friend class StateLoader;
  Status apply_catalog_record(const JournalRecord& record);
  Status apply_alert(const JournalRecord& record);
  Status apply_sample(const JournalRecord& record);
  Status apply_order(const JournalRecord& record, const BuyHashes& hashes);
  Status apply_order_event(const JournalRecord& record);
  Status apply_forgotten(const JournalRecord& record);
  Status apply_to_parts(const JournalRecord& record, const OrderEvent& event, const Engine& home,
                        OrderSlot basket);
  Status check_pending() const;
  [[nodiscard]] bool charge(Engine& engine, OrderSlot slot, std::uint32_t units);
  tl::unexpected<Error> no_room(const JournalRecord& record, const Engine& engine);
  void make_engines();

  RecoveryOptions options_;
  bool has_keys_ = false;
  DataFolderKeys keys_;
  CatalogPointer catalog_ = std::make_shared<const Catalog>();
  bool in_change_ = false;
  CatalogChange change_;
  std::uint32_t change_records_ = 0;
  CatalogChangeSet pending_;
  AuditLog audit_;
  std::unique_ptr<AlertLog> alerts_ = std::make_unique<AlertLog>();
  std::unique_ptr<Allowances> allowances_;
  std::vector<std::unique_ptr<Engine>> engines_;
  Tick last_tick_;
  std::uint64_t orders_ = 0, samples_ = 0;
  std::vector<StateFault> state_faults_;
  bool out_of_room_ = false;
};

// The sum over all engines and the catalog: the same after replay as in the process that wrote the journal.
// When nothing of it is on its way any more.
std::uint64_t state_hash(const std::vector<Engine*>& engines, const Allowances& allowances,
                         const Catalog& catalog);

// An upper bound for the orders in the folder's segments from that one on: their bytes by the smallest
// order's. To size tables before anything is read.
Result<std::uint64_t> orders_recorded_at_most(Storage& storage, std::uint64_t from_sequence = 0);

// One definition, in the order in which they are journaled: what is wrong with it; empty: nothing.
std::string_view add_definition(const RecordInfo& info, std::span<const std::byte> payload,
                                CatalogChangeSet& change);
bool is_known_version(const RecordInfo& info);

// Payload records of one change, in the order in which they are journaled.
std::vector<EncodedRecord> encode_change(const CatalogChangeSet& change, std::uint64_t number, Tick now);

}  // namespace doorbuster
