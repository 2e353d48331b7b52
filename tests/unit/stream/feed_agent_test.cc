// Readers of the feed: as many as there may be, each at its own pace, and none that holds up the thread.

#include "doorbuster/stream/feed_agent.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "support/journal_fixture.h"
#include "support/records.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

class Feed {
 public:
  Feed() : source_{storage_, catalog_, [this] { return durable_; }, {}, kOrderIdKey} {
    catalog_.set(catalog_of({campaign_put(0)}, {offer_put(0, 100'000)}));
    life_ = must_start(storage_);
  }
  void orders(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      Order order;
      order.number = OrderNumber::make({0}, ++last_);
      order.quantity = 1;
      order.buyer = "b";
      const EncodedRecord record = encoded_record(order, kOpens);
      life_.writer->append(record.info, std::as_bytes(std::span(record.payload)));
      if (i % 1'000 == 999) must_commit(*life_.writer);
    }
    must_commit(*life_.writer);
    durable_ = life_.writer->durable_sequence();
  }
  void run() {
    for (int i = 0; i < 10'000 && agent.do_work() != 0; ++i) {
    }
  }

 private:
  MemoryStorage storage_;
  SnapshotCell<Catalog> catalog_;
  std::uint64_t durable_ = 0, last_ = 0;
  Start life_;
  FeedSource source_;
  Notifier notifier_, rung_;

 public:
  ManualClock clock{kOpens};
  FeedAgent agent{source_, clock, notifier_, rung_};
};

// Our end of a reader's connection.
class Reader {
 public:
  Reader(Feed& feed, const FeedQuery& query) {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    socket_ = ends[0];
    auto handover = feed.agent.admit(query);
    REQUIRE(handover != nullptr);
    handover->take(ends[1], "unsent ");
  }
  ~Reader() { close(socket_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::string read() const {
    std::string text;
    std::array<char, 65'536> bytes;
    for (ssize_t n = 0; (n = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int socket_ = -1;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_CASE("there are as many readers as there may be, and who leaves makes room") {
  Feed feed;
  feed.orders(1);
  {
    std::vector<std::unique_ptr<Handover>> places;
    for (std::uint32_t i = 0; i < kFeedReadersMax; ++i) {
      places.push_back(feed.agent.admit({}));
      REQUIRE(places.back() != nullptr);
    }
    CHECK(feed.agent.admit({}) == nullptr);
    places.pop_back();
    CHECK(feed.agent.admit({}) != nullptr);
  }
  for (int i = 0; i < 200; ++i) {
    const Reader reader(feed, {});
    feed.run();
    CHECK(count(reader.read(), "doorbuster.order.confirmed") == 1);
  }
  CHECK(feed.agent.metrics().pages.value() == 200);
  feed.agent.drain();
  CHECK(feed.agent.admit({}) == nullptr);
  CHECK(feed.agent.drained());
}

TEST_CASE("a page that waits is answered with the first event, or when its time is over") {
  Feed feed;
  feed.orders(1);
  const FeedQuery wants{.from = FeedQuery::From::now, .wait_ns = 5 * kNsPerSecond};
  const Reader lucky(feed, wants);
  feed.run();
  CHECK(lucky.read() == "unsent ");
  CHECK(feed.agent.sleep_at_most_ns() == 5 * kNsPerSecond);
  feed.orders(1);
  feed.run();
  CHECK(count(lucky.read(), "doorbuster.order.confirmed") == 1);

  const Reader patient(feed, wants);
  feed.run();
  feed.clock.advance_ns(5 * kNsPerSecond - 1);
  feed.run();
  CHECK(patient.read() == "unsent ");
  feed.clock.advance_ns(1);
  feed.run();
  CHECK(count(patient.read(), R"("events":[])") == 1);
  CHECK(feed.agent.metrics().readers.value() == 0);
}

TEST_CASE("a stream shows that it lives, and where it is") {
  Feed feed;
  feed.orders(3);
  const Reader reader(feed, {.stream = true});
  feed.run();
  CHECK(count(reader.read(), "data: {") == 3);
  feed.clock.advance_ns(15 * kNsPerSecond);
  feed.run();
  CHECK(reader.read() == "id: 1-4\n\n");
  feed.orders(1);
  feed.run();
  CHECK(count(reader.read(), "id: 1-5\ndata: {") == 1);
}

TEST_CASE("who reads nothing is let go, and the others do not wait for it") {
  Feed feed;
  feed.orders(5'000);
  const Reader stalled(feed, {.stream = true});
  feed.run();
  const Reader other(feed, {.limit = 10});
  feed.run();
  CHECK(count(other.read(), "\"id\":") == 10);
  CHECK(feed.agent.metrics().readers.value() == 1);
  CHECK(feed.agent.metrics().dropped.value() == 0);
  feed.clock.advance_ns(kFeedStallMs * kNsPerMillisecond);
  feed.run();
  CHECK(feed.agent.metrics().readers.value() == 0);
  CHECK(feed.agent.metrics().dropped.value() == 1);
  feed.agent.drain();
  CHECK(feed.agent.drained());
}

}  // namespace
}  // namespace doorbuster
