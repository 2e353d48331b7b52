#pragma once
// From a journal to engines: the same code for the start of a server and for the offline tools.

#include <cstdint>
#include <memory>
#include <vector>

#include "doorbuster/catalog/audit.h"
#include "doorbuster/engine/engine.h"
#include "doorbuster/journal/journal.h"
#include "doorbuster/runtime/alert_log.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

struct RecoveryOptions {
  std::uint32_t shards = 1;
  std::uint64_t orders_max = kOrdersDefault;
};

// Feeds records to engines. apply() is a journal's RecordVisitor.
class StateBuilder {
 public:
  explicit StateBuilder(const RecoveryOptions& options) : options_(options) {}

  Status apply(const JournalRecord& record);

  bool has_keys() const { return has_keys_; }
  const DataFolderKeys& keys() const { return keys_; }
  void set_keys(const DataFolderKeys& keys);  // of a fresh folder; makes the engines
  const CatalogPointer& catalog() const { return catalog_; }
  void install(CatalogPointer catalog);
  // The changes of the catalog that were applied, the last ones.
  AuditLog& audit() { return audit_; }
  // What was raised and cleared. The state hash is without it: nothing rests on an alert.
  std::unique_ptr<AlertLog>& alerts() { return alerts_; }
  std::vector<std::unique_ptr<Engine>>& engines() { return engines_; }
  // The engines use it: it must outlive them.
  std::unique_ptr<Allowances>& allowances() { return allowances_; }
  std::uint64_t state_hash() const;  // of all engines, the allowances and the catalog
  Tick last_tick() const { return last_tick_; }
  std::uint64_t orders() const { return orders_; }
  // Units sold or held of each offer, by index.
  std::vector<std::int64_t> committed() const;

 private:
  Status apply_catalog_record(const JournalRecord& record);
  Status apply_alert(const JournalRecord& record);
  Status apply_order(const JournalRecord& record);
  Status apply_order_event(const JournalRecord& record);
  Status apply_to_parts(const JournalRecord& record, const OrderEvent& event, const Engine& home,
                        OrderSlot basket);
  Status check_pending() const;
  tl::unexpected<Error> no_room(const JournalRecord& record, const Engine& engine) const;
  void make_engines();

  const RecoveryOptions options_;
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
  std::uint64_t orders_ = 0;
};

// The sum over all engines and the catalog: the same after replay as in the process that wrote the journal.
// When nothing of it is on its way any more.
std::uint64_t state_hash(const std::vector<Engine*>& engines, const Allowances& allowances,
                         const Catalog& catalog);

// An upper bound for the orders in the folder's segments: their bytes by the smallest order's. To size tables
// before anything is read.
Result<std::uint64_t> orders_recorded_at_most(Storage& storage);

// Payload records of one change, in the order in which they are journaled.
struct EncodedRecord {
  RecordInfo info;
  std::string payload;
};
std::vector<EncodedRecord> encode_change(const CatalogChangeSet& change, std::uint64_t number, Tick now);

}  // namespace doorbuster
