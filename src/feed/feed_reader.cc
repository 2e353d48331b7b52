#include "doorbuster/feed/feed_reader.h"

#include <algorithm>
#include <utility>

#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

using Kept = JournalFollower::Kept;
using Then = JournalFollower::Then;

bool is_of_order(RecordKind kind) {
  return kind == RecordKind::order_confirmed || kind == RecordKind::order_held ||
         kind == RecordKind::order_waiting || kind == RecordKind::order_event;
}

}  // namespace

FeedReader::FeedReader(const FeedSource& source, std::optional<TenantId> tenant)
    : source_(source),
      tenant_(tenant),
      encoder_(source.identity, source.order_id_key),
      follower_(source.storage),
      catalog_(source.catalog.get()) {}

Result<FeedReader::Found> FeedReader::go_behind(const FeedPosition& after) {
  const std::uint64_t durable = source_.durable();
  const bool before_all = after.sequence == 0;
  if (after.sequence > durable || (before_all && after.epoch != 0)) return Found::not_here;
  // The record at the place is read again: its epoch says whether the place is one of this history.
  const auto kept = follower_.seek(before_all ? 1 : after.sequence, durable);
  if (!kept) return tl::unexpected(kept.error());
  if (*kept == Kept::no_longer) return go_behind_pruned(after);
  if (!before_all) {
    const auto epoch = next_epoch();
    if (!epoch) return tl::unexpected(epoch.error());
    if (*epoch != after.epoch) return Found::not_here;
  }
  position_ = after;
  return Found::yes;
}

// The record at the place is not kept any more. All behind it may be: then it is the last that was pruned,
// and what can be said of it is that no later start has written it.
Result<FeedReader::Found> FeedReader::go_behind_pruned(const FeedPosition& after) {
  const auto begin = oldest();
  if (!begin) return tl::unexpected(begin.error());
  if (begin->sequence != after.sequence) return Found::pruned;
  if (after.epoch > begin->epoch) return Found::not_here;
  const auto kept = follower_.seek(after.sequence + 1, source_.durable());
  if (!kept) return tl::unexpected(kept.error());
  position_ = after;
  return *kept == Kept::yes ? Found::yes : Found::pruned;
}

Result<FeedPosition> FeedReader::oldest() {
  // What is pruned between the two looks is looked for again.
  for (;;) {
    const auto first = follower_.oldest();
    if (!first) return tl::unexpected(first.error());
    if (*first == 1) return FeedPosition{};
    const auto kept = follower_.seek(*first, source_.durable());
    if (!kept) return tl::unexpected(kept.error());
    if (*kept != Kept::yes) continue;
    const auto epoch = next_epoch();
    if (!epoch) return tl::unexpected(epoch.error());
    return FeedPosition{.epoch = *epoch, .sequence = *first - 1};
  }
}

Result<FeedPosition> FeedReader::newest() {
  const std::uint64_t durable = source_.durable();
  const auto kept = follower_.seek(durable, durable);
  if (!kept) return tl::unexpected(kept.error());
  const auto epoch = next_epoch();
  if (!epoch) return tl::unexpected(epoch.error());
  return FeedPosition{.epoch = *epoch, .sequence = durable};
}

Result<std::uint64_t> FeedReader::next_epoch() {
  std::uint64_t epoch = 0;
  const Status read = follower_.read(source_.durable(), [&epoch](const JournalRecord& record) {
    epoch = record.epoch;
    return Then::enough;
  });
  if (!read) return tl::unexpected(read.error());
  return epoch;
}

Status FeedReader::read(std::size_t events_max, std::size_t bytes_max, std::vector<FeedEvent>& out) {
  Status status;
  std::size_t records = 0, bytes = 0;
  const std::size_t full = out.size() + events_max;
  const Status read = follower_.read(source_.durable(), [&](const JournalRecord& record) {
    waits_for_change_ = !knows(record);
    if (waits_for_change_) return Then::not_yet;
    const FeedPosition at = {.epoch = record.epoch, .sequence = record.sequence};
    auto event = encoder_.encode(record, *catalog_);
    if (!event) {
      status = tl::unexpected(event.error());
      return Then::not_yet;
    }
    if (*event && (!tenant_ || (*event)->tenant == *tenant_)) {
      bytes += (*event)->json.size();
      if (!is_of_order(record.info.kind)) (*event)->subject.clear();
      out.push_back({at, record.info.tick, std::move((*event)->subject), std::move((*event)->json)});
    }
    position_ = at;
    const bool enough = out.size() >= full || bytes >= bytes_max || ++records >= kFeedRecordsPerRead;
    return enough ? Then::enough : Then::go_on;
  });
  return status ? read : status;
}

// A change is durable a moment before it is in force. Until then its campaigns have no names here.
bool FeedReader::knows(const JournalRecord& record) {
  if (record.info.kind != RecordKind::catalog_change_begin) return true;
  const auto change = decode_catalog_change(record.payload, record.info.version);
  if (!change || change->change <= catalog_->version()) return true;
  catalog_ = source_.catalog.get();
  return change->change <= catalog_->version();
}

std::uint64_t FeedReader::lag() const {
  return source_.durable() - position_.sequence;
}

}  // namespace doorbuster
