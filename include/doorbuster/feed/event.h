#pragma once
// What has happened, in the words of those outside: one CloudEvents 1.0 event (https://cloudevents.io, JSON
// format) for each record of the journal that says something to them. docs/formats/feed.md has the types and
// their members.
//
// An event is made from its record and from names that never change, so it is the same whenever and by
// whomever it is made: its id is the record's place, and who gets it twice can tell.

#include <optional>
#include <string>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

struct EncodedEvent {
  TenantId tenant;      // whose it is: records of the catalog's changes are nobody's, their events are
  std::string subject;  // of an order, or of a campaign; empty: of neither
  std::string json;     // one object in one line, without its end
};

// The `source` of a folder's events.
std::string event_source(const FolderIdentity& folder);

// Thread-safe: constant after construction.
class EventEncoder {
 public:
  EventEncoder(const FolderIdentity& identity, const HashKey& order_id_key);

  // The record's event; nothing for a record that is the engine's own business
  // (secrets, ends of batches, samples, what is forgotten, pieces of plans). An error: the payload is none
  // that this program knows; nothing behind it may be told either.
  //
  // REQUIRES: `catalog` is of this record's time or later: what a number of a campaign, an offer or a tenant
  // stands for never changes, nor does a campaign's currency.
  Result<std::optional<EncodedEvent>> encode(const JournalRecord& record, const Catalog& catalog) const;

 private:
  const std::string source_;
  const HashKey order_id_key_;
};

}  // namespace doorbuster
