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

// Thread-safe: constant after construction.
class EventEncoder {
 public:
  EventEncoder(const FolderIdentity& identity, const HashKey& order_id_key);

  // The record's event as one JSON object in one line; nothing for a record that is the engine's own business
  // (secrets, ends of batches, samples, what is forgotten, pieces of plans). An error: the payload is none
  // that this program knows; nothing behind it may be told either.
  //
  // REQUIRES: `catalog` is of this record's time or later: what a number of a campaign, an offer or a tenant
  // stands for never changes, nor does a campaign's currency.
  Result<std::optional<std::string>> encode(const JournalRecord& record, const Catalog& catalog) const;

 private:
  const std::string source_;
  const HashKey order_id_key_;
};

// "<epoch>-<sequence>": the id of a record's event, and a reader's place in the feed.
std::string event_id(std::uint64_t epoch, std::uint64_t sequence);

}  // namespace doorbuster
