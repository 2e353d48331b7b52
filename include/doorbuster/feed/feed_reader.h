#pragma once
// The feed: events of the journal's records, read from any place that is still kept, behind whoever writes
// the journal and without him knowing.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/snapshot_cell.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/feed/event.h"
#include "doorbuster/feed/position.h"
#include "doorbuster/journal/follower.h"

namespace doorbuster {

// What the feed is read from. All of it outlives the readers.
struct FeedSource {
  Storage& storage;
  // Of each change that is durable, or soon will be.
  const SnapshotCell<Catalog>& catalog;
  // The last record that is durable. Any thread.
  std::function<std::uint64_t()> durable;
  FolderIdentity identity{};
  HashKey order_id_key;
};

struct FeedEvent {
  FeedPosition at;
  Tick time;
  std::string subject;  // of events of orders the order's id; else empty
  std::string json;     // docs/formats/feed.md; one line, without its end
};

// One thread.
class FeedReader {
 public:
  // With a tenant, only its events.
  explicit FeedReader(const FeedSource& source, std::optional<TenantId> tenant = {});

  enum class Found : std::uint8_t {
    yes,
    pruned,    // what comes behind it is not kept any more: oldest() is where the feed begins now
    not_here,  // no record of this history: one that was given up for a restored one, or another folder's
  };
  // The next event read is the first one behind `after`.
  Result<Found> go_behind(const FeedPosition& after);
  // Behind this, events are kept; and behind this, none is durable yet. Either loses the place: go_behind()
  // comes next.
  Result<FeedPosition> oldest();
  Result<FeedPosition> newest();

  // Appends what is durable by now, at most `events_max` events and little more than `bytes_max` bytes of
  // them, and goes on behind it. Looks at no more than kFeedRecordsPerRead records: where `position()` has
  // moved on there may be more. An error ends the reading: damage, or a record that is none.
  // REQUIRES: go_behind() found its place.
  Status read(std::size_t events_max, std::size_t bytes_max, std::vector<FeedEvent>& out);
  // Behind the last record that was looked at.
  const FeedPosition& position() const { return position_; }
  // Records behind it that are durable.
  std::uint64_t lag() const;
  // False: what comes next is a change that is not in force yet; it will be in a moment.
  bool may_read() const { return !waits_for_change_; }

 private:
  Result<Found> go_behind_pruned(const FeedPosition& after);
  Result<std::uint64_t> next_epoch();  // of the record that the follower comes to
  bool knows(const JournalRecord& record);

  const FeedSource& source_;
  const std::optional<TenantId> tenant_;
  const EventEncoder encoder_;
  JournalFollower follower_;
  CatalogPointer catalog_;
  FeedPosition position_;
  bool waits_for_change_ = false;
};

}  // namespace doorbuster
