// Reading the feed: from any place that is kept, over starts, no further than it is durable and in force.

#include "doorbuster/feed/feed_reader.h"

#include <utility>

#include "doorbuster/base/limits.h"
#include "doorbuster/runtime/recovery.h"
#include "support/journal_fixture.h"
#include "support/records.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

using Found = FeedReader::Found;

constexpr TenantId kOther{2};

// A folder, whoever writes it, and what its readers are given.
class Folder {
 public:
  Folder() : source_{storage_, catalog_, [this] { return durable_; }, {}, kOrderIdKey} {
    CampaignPut others = campaign_put(1);
    others.tenant = kOther;
    CatalogChangeSet definitions;
    definitions.tenants = {{.tenant = kOther, .listed = true, .id = "other"}};
    definitions.campaigns = {campaign_put(0), others};
    definitions.offers = {offer_put(0, 100), offer_put(1, 100, 4990, 1)};
    catalog_.set(apply_change(Catalog(), definitions));
    start();
  }

  void start() {
    life_ = must_start(storage_);
    epoch_ += 1;
  }
  void restart() {
    must_close(*life_.writer);
    life_ = {};
    storage_.kill();
    start();
  }
  // An order of one of the two tenants; what it is told as.
  FeedPosition order(std::uint64_t number, std::uint32_t offer = 0) {
    Order order;
    order.number = OrderNumber::make({offer}, number);
    order.quantity = 1;
    order.buyer = buyer_;
    EncodedRecord record = encoded_record(order, kOpens);
    record.info.tenant = offer == 0 ? kDefaultTenant : kOther;
    return write(record);
  }
  FeedPosition write(const EncodedRecord& record) {
    const std::uint64_t sequence =
        life_.writer->append(record.info, std::as_bytes(std::span(record.payload)));
    return {epoch_, sequence};
  }
  void commit() {
    must_commit(*life_.writer);
    durable_ = life_.writer->durable_sequence();
  }

  FeedReader reader(std::optional<TenantId> tenant = {}) { return FeedReader(source_, tenant); }
  MemoryStorage& storage() { return storage_; }
  SnapshotCell<Catalog>& catalog() { return catalog_; }
  std::uint64_t durable() const { return durable_; }
  std::uint64_t epoch() const { return epoch_; }
  void set_buyer_bytes(std::size_t bytes) { buyer_.assign(bytes, 'b'); }

 private:
  MemoryStorage storage_;
  SnapshotCell<Catalog> catalog_;
  std::uint64_t durable_ = 0, epoch_ = 0;
  std::string buyer_ = "b";
  Start life_;
  FeedSource source_;
};

Found go_behind(FeedReader& reader, const FeedPosition& after) {
  const auto found = reader.go_behind(after);
  INFO((found ? std::string() : found.error().message));
  REQUIRE(found);
  return *found;
}

FeedPosition must(const Result<FeedPosition>& position) {
  INFO((position ? std::string() : position.error().message));
  REQUIRE(position);
  return *position;
}

std::vector<FeedEvent> read(FeedReader& reader, std::size_t events_max = 1'000'000) {
  std::vector<FeedEvent> events;
  const Status status = reader.read(events_max, 1U << 30, events);
  INFO((status ? std::string() : status.error().message));
  REQUIRE(status);
  return events;
}

std::vector<FeedPosition> places(const std::vector<FeedEvent>& events) {
  std::vector<FeedPosition> found;
  for (const FeedEvent& event : events) found.push_back(event.at);
  return found;
}

std::vector<FeedPosition> behind(const std::vector<FeedPosition>& all, std::uint64_t sequence) {
  std::vector<FeedPosition> rest;
  for (const FeedPosition& each : all) {
    if (each.sequence > sequence) rest.push_back(each);
  }
  return rest;
}

// Three starts with a few segments each; every place of an event.
std::vector<FeedPosition> write_three_starts(Folder& folder) {
  std::vector<FeedPosition> written;
  for (int life = 0; life < 3; ++life) {
    if (life != 0) folder.restart();
    for (std::uint64_t batch = 0; batch < 80; ++batch) {
      for (std::uint64_t i = 0; i < 12; ++i) written.push_back(folder.order(1 + written.size()));
      folder.commit();
    }
  }
  return written;
}

TEST_CASE("a place has one text, and nothing else is one") {
  CHECK(format_feed_position({3, 1042}) == "3-1042");
  CHECK(parse_feed_position("3-1042") == FeedPosition{3, 1042});
  CHECK(parse_feed_position("0-0") == FeedPosition{});
  CHECK(parse_feed_position("18446744073709551615-18446744073709551615") ==
        FeedPosition{0xffffffffffffffff, 0xffffffffffffffff});
  for (const char* text : {"", "-", "3", "3-", "-3", "3-1x", "x-1", "03-1", "3-01", "+3-1", "3--1", "3-1-1",
                           " 3-1", "3-1 ", "3_1", "18446744073709551616-1", "1-18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_feed_position(text));
  }
}

TEST_CASE("the feed goes on behind any of its places, over segments and starts") {
  Folder folder;
  const std::vector<FeedPosition> written = write_three_starts(folder);
  FeedReader reader = folder.reader();
  REQUIRE(go_behind(reader, {}) == Found::yes);
  const std::vector<FeedEvent> all = read(reader);
  CHECK(places(all) == written);
  CHECK(reader.lag() == 0);
  CHECK(reader.position() == FeedPosition{3, folder.durable()});
  CHECK(all[0].subject.size() == 26);
  CHECK(all[0].json.find("\"id\":\"" + format_feed_position(written[0]) + "\"") != std::string::npos);

  for (std::size_t i = 0; i < written.size(); i += 37) {
    REQUIRE(go_behind(reader, written[i]) == Found::yes);
    CHECK(reader.lag() == folder.durable() - written[i].sequence);
    CHECK(places(read(reader)) == behind(written, written[i].sequence));
  }
  // Also behind what is no event of its own.
  const FeedPosition newest = must(reader.newest());
  CHECK(newest == FeedPosition{3, folder.durable()});
  REQUIRE(go_behind(reader, newest) == Found::yes);
  CHECK(read(reader).empty());
  const FeedPosition next = folder.order(9'999);
  CHECK(read(reader).empty());  // it is not durable
  folder.commit();
  CHECK(places(read(reader)) == std::vector{next});
}

TEST_CASE("the feed is read in pieces of any size, by events and by bytes") {
  Folder folder;
  const std::vector<FeedPosition> written = write_three_starts(folder);
  for (const std::size_t events_max : {1U, 7U, 500U}) {
    FeedReader reader = folder.reader();
    REQUIRE(go_behind(reader, {}) == Found::yes);
    std::vector<FeedPosition> seen;
    while (reader.lag() != 0) {
      const auto piece = read(reader, events_max);
      CHECK(piece.size() <= events_max);
      for (const FeedPosition& each : places(piece)) seen.push_back(each);
    }
    CHECK(seen == written);
  }
  FeedReader reader = folder.reader();
  REQUIRE(go_behind(reader, {}) == Found::yes);
  std::vector<FeedEvent> events;
  REQUIRE(reader.read(1'000, 1'000, events));
  std::size_t bytes = 0;
  for (const FeedEvent& event : events) bytes += event.json.size();
  CHECK(bytes >= 1'000);
  CHECK(bytes - events.back().json.size() < 1'000);
}

TEST_CASE("others have their turn between many records that say nothing") {
  Folder folder;
  constexpr std::uint64_t kBatches = 2 * kFeedRecordsPerRead / 100;
  for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
    for (std::uint64_t i = 0; i < 100; ++i) folder.order(1 + 100 * batch + i, 1);
    folder.commit();
  }
  const FeedPosition last = folder.order(999'999);
  folder.commit();
  FeedReader reader = folder.reader(kDefaultTenant);
  REQUIRE(go_behind(reader, {}) == Found::yes);
  CHECK(read(reader).empty());
  CHECK(reader.position().sequence == kFeedRecordsPerRead);
  std::vector<FeedPosition> seen;
  while (reader.lag() != 0) {
    for (const FeedPosition& each : places(read(reader))) seen.push_back(each);
  }
  CHECK(seen == std::vector{last});
}

TEST_CASE("a tenant is told of its own") {
  Folder folder;
  std::vector<FeedPosition> mine, others;
  for (std::uint64_t i = 0; i < 50; ++i) {
    mine.push_back(folder.order(1 + i, 0));
    others.push_back(folder.order(1 + i, 1));
  }
  folder.commit();
  FeedReader first = folder.reader(kDefaultTenant), second = folder.reader(kOther);
  REQUIRE(go_behind(first, {}) == Found::yes);
  REQUIRE(go_behind(second, {}) == Found::yes);
  CHECK(places(read(first)) == mine);
  const auto seen = read(second);
  CHECK(places(seen) == others);
  CHECK(seen[0].json.find("\"tenant\":\"other\"") != std::string::npos);
}

TEST_CASE("a place that is pruned, or of another history, is told from one that is kept") {
  Folder folder;
  const std::vector<FeedPosition> written = write_three_starts(folder);
  FeedReader reader = folder.reader();
  CHECK(must(reader.oldest()) == FeedPosition{});
  // Another epoch at that place; none at all; before the first of another start.
  CHECK(go_behind(reader, {2, written[0].sequence}) == Found::not_here);
  CHECK(go_behind(reader, {1, written.back().sequence}) == Found::not_here);
  CHECK(go_behind(reader, {3, folder.durable() + 1}) == Found::not_here);
  CHECK(go_behind(reader, {1, 0}) == Found::not_here);
  CHECK(go_behind(reader, {3, folder.durable()}) == Found::yes);

  const auto segments = segments_of(folder.storage().files());
  REQUIRE(segments.size() > 4);
  for (std::size_t i = 0; i < 2; ++i) REQUIRE(folder.storage().remove(segments[i]));
  const FeedPosition begin = must(reader.oldest());
  CHECK(begin.sequence > written[0].sequence);
  CHECK(go_behind(reader, {}) == Found::pruned);
  CHECK(go_behind(reader, {1, begin.sequence - 1}) == Found::pruned);
  REQUIRE(go_behind(reader, begin) == Found::yes);
  CHECK(places(read(reader)) == behind(written, begin.sequence));
  CHECK(go_behind(reader, {begin.epoch + 1, begin.sequence}) == Found::not_here);
  // The last record that was pruned may have been an earlier start's.
  CHECK(go_behind(reader, {begin.epoch - 1, begin.sequence}) == Found::yes);
}

TEST_CASE("what a change defines is told when it is in force, and so is what comes behind it") {
  Folder folder;
  const FeedPosition before = folder.order(1);
  const CatalogPointer now = folder.catalog().get();
  CatalogChangeSet change;
  change.campaigns = {campaign_put(2)};
  change.offers = {offer_put(2, 5, 4990, 2)};
  std::vector<FeedPosition> told;
  for (const EncodedRecord& record : encode_change(change, now->version() + 1, kOpens)) {
    const FeedPosition at = folder.write(record);
    if (record.info.kind != RecordKind::catalog_change_end) told.push_back(at);
  }
  told.push_back(folder.order(1, 2));
  folder.commit();

  FeedReader reader = folder.reader();
  REQUIRE(go_behind(reader, {}) == Found::yes);
  CHECK(places(read(reader)) == std::vector{before});
  CHECK(read(reader).empty());
  folder.catalog().set(apply_change(*now, change));
  const auto events = read(reader);
  CHECK(places(events) == told);
  CHECK(events.back().json.find("\"sku\":\"sku-2\"") != std::string::npos);
}

TEST_CASE("reading ends at a record that is none") {
  Folder folder;
  const FeedPosition fine = folder.order(1);
  folder.write({{.kind = RecordKind::order_event, .version = 1, .tick = kOpens}, "no event"});
  folder.order(2);
  folder.commit();
  FeedReader reader = folder.reader();
  REQUIRE(go_behind(reader, {}) == Found::yes);
  std::vector<FeedEvent> events;
  for (int again = 0; again < 2; ++again) {
    const Status status = reader.read(100, 1U << 20, events);
    REQUIRE_FALSE(status);
    CHECK_THAT(status.error().message, Catch::Contains("is none that this program knows"));
    CHECK(places(events) == std::vector{fine});
  }
}

}  // namespace
}  // namespace doorbuster
