// What becomes of events between the journal and a sink: retried, passed by, remembered, given up.

#include "doorbuster/sink/sink_agent.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "doorbuster/runtime/checkpoint.h"
#include "support/journal_fixture.h"
#include "support/records.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

using Then = Delivery::Then;

class HandClock final : public Clock {
 public:
  Tick wall_now() const override { return {kOpens.ns + ns}; }
  std::int64_t monotonic_ns() const override { return ns; }
  std::int64_t ns = kNsPerSecond;
};

// What a target has, and what it will say next; it outlives the sinks that deliver to it.
struct Target {
  std::vector<FeedEvent> events;
  FeedPosition through;
  std::optional<FeedPosition> told;                      // by open()
  std::deque<Delivery> answers;                          // then it takes everything
  std::function<std::string(const FeedEvent&)> refuses;  // why; empty: it does not
  std::optional<Error> closed;
  int opened = 0;
};

class TargetSink final : public Sink {
 public:
  explicit TargetSink(Target& target) : target_(target) {}
  Result<std::optional<FeedPosition>> open(const std::atomic<bool>&) override {
    target_.opened += 1;
    if (target_.closed) return tl::unexpected(*target_.closed);
    return target_.told;
  }
  Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                   const std::atomic<bool>&) override {
    if (!target_.answers.empty()) {
      Delivery answer = std::move(target_.answers.front());
      target_.answers.pop_front();
      for (const FeedEvent& event : events.first(answer.delivered)) target_.events.push_back(event);
      return answer;
    }
    std::size_t delivered = 0;
    for (const FeedEvent& event : events) {
      const std::string why = target_.refuses ? target_.refuses(event) : "";
      if (!why.empty()) return {.delivered = delivered, .then = Then::refused, .reason = why};
      target_.events.push_back(event);
      ++delivered;
    }
    target_.through = through;
    return {.delivered = delivered};
  }

 private:
  Target& target_;
};

class Feed {
 public:
  Feed() : source_{storage_, catalog_, [this] { return durable_; }, {}, kOrderIdKey} {
    catalog_.set(catalog_of({campaign_put(0)}, {offer_put(0, 100'000)}));
    life_ = must_start(storage_);
    start_sink();
  }

  // Held, and confirmed in another record.
  void order(std::uint64_t number) {
    Order order;
    order.number = OrderNumber::make({0}, number);
    order.quantity = 1;
    order.buyer = "b";
    write(encoded_record(order, kOpens));
  }
  void cancel(std::uint64_t number) {
    OrderEvent event;
    event.kind = OrderEventKind::cancelled;
    event.order = OrderNumber::make({0}, number);
    event.tick = kOpens;
    write(encoded_record(event));
  }
  void orders(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t number = from; number <= to; ++number) order(number);
    commit();
  }
  void commit() {
    must_commit(*life_.writer);
    durable_ = life_.writer->durable_sequence();
  }
  // As a new process has it.
  void start_sink() {
    SinkConfiguration configuration;
    configuration.id = "orders";
    agent_ = std::make_unique<SinkAgent>(configuration, std::make_unique<TargetSink>(target), source_,
                                         std::nullopt, storage_, clock,
                                         [this](SinkAgent::News news, const std::string&,
                                                const std::string& text) { news_.emplace_back(news, text); });
  }
  // Until there is nothing more to do now.
  void run() {
    do {
      agent_->do_work();
    } while (agent_->has_work() && agent_->view().state == SinkState::delivering);
  }
  void wait(std::int64_t ns) {
    clock.ns += ns;
    run();
  }
  void stop_sink() {
    agent_->give_up();
    agent_->do_work();
    agent_.reset();
  }

  std::vector<std::uint64_t> delivered() const {
    std::vector<std::uint64_t> sequences;
    for (const FeedEvent& event : target.events) sequences.push_back(event.at.sequence);
    return sequences;
  }
  SinkAgent& agent() { return *agent_; }
  MemoryStorage& storage() { return storage_; }
  std::uint64_t durable() const { return durable_; }
  std::vector<std::string> told(SinkAgent::News news) const {
    std::vector<std::string> texts;
    for (const auto& [kind, text] : news_) {
      if (kind == news) texts.push_back(text);
    }
    return texts;
  }

  HandClock clock;
  Target target;

 private:
  void write(const EncodedRecord& record) {
    life_.writer->append(record.info, std::as_bytes(std::span(record.payload)));
  }

  MemoryStorage storage_;
  SnapshotCell<Catalog> catalog_;
  std::uint64_t durable_ = 0;
  Start life_;
  FeedSource source_;
  std::unique_ptr<SinkAgent> agent_;
  std::vector<std::pair<SinkAgent::News, std::string>> news_;
};

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = from; number <= to; ++number) all.push_back(number);
  return all;
}

TEST_CASE("everything is delivered once and in order, and what comes later too") {
  Feed feed;
  feed.orders(1, 2'500);
  feed.run();
  const auto delivered = feed.delivered();
  CHECK(delivered.size() == 2'500);
  CHECK(std::is_sorted(delivered.begin(), delivered.end(), std::less_equal<>()));
  CHECK(feed.target.through == FeedPosition{1, feed.durable()});
  CHECK(feed.agent().view().state == SinkState::delivering);
  CHECK(feed.agent().view().place == FeedPosition{1, feed.durable()});
  CHECK(feed.agent().lag() == 0);
  CHECK(feed.agent().metrics().batches.value() == 3);
  CHECK_FALSE(feed.agent().has_work());
  feed.order(2'501);
  feed.commit();
  CHECK(feed.agent().lag() != 0);
  CHECK(feed.agent().has_work());
  feed.run();
  CHECK(feed.target.events.size() == 2'501);
  CHECK(feed.target.opened == 1);
}

TEST_CASE("a failure is tried again, later each time, and told once") {
  Feed feed;
  feed.orders(1, 5);
  for (int i = 0; i < 12; ++i) {
    feed.target.answers.push_back(
        {.delivered = i == 3 ? 2U : 0U, .then = Then::retry, .reason = "no answer"});
  }
  feed.run();
  std::int64_t least = kSinkBackOffMinMs * kNsPerMillisecond / 2;
  for (int i = 1; i < 12; ++i) {
    CHECK(feed.agent().view().state == SinkState::waiting);
    CHECK(feed.agent().view().reason == "no answer");
    const std::int64_t wait = feed.agent().sleep_at_most_ns();
    CHECK(wait >= least);
    CHECK(wait <= 2 * least);
    CHECK(wait <= kSinkBackOffMaxMs * kNsPerMillisecond);
    CHECK_FALSE(feed.agent().has_work());
    feed.wait(wait - 1);
    CHECK(feed.agent().metrics().failures.value() == static_cast<std::uint64_t>(i));
    feed.wait(1);
    least = std::min(2 * least, kSinkBackOffMaxMs * kNsPerMillisecond / 2);
  }
  feed.wait(feed.agent().sleep_at_most_ns());
  CHECK(feed.agent().view().state == SinkState::delivering);
  CHECK(feed.delivered() == numbers(1, 5));
  CHECK(feed.target.opened == 13);
  CHECK(feed.told(SinkAgent::News::failed) == std::vector<std::string>{"no answer"});
  CHECK(feed.told(SinkAgent::News::recovered).size() == 1);

  // The next failure begins anew; a target that asks for more time gets it.
  feed.orders(6, 6);
  feed.target.answers.push_back({.then = Then::retry, .reason = "busy", .retry_after_ns = 7 * kNsPerSecond});
  feed.run();
  CHECK(feed.agent().sleep_at_most_ns() == 7 * kNsPerSecond);
}

TEST_CASE("a refused event is put aside with those of its order that follow, and nothing else is") {
  Feed feed;
  feed.order(1);
  feed.order(2);
  feed.order(3);
  feed.cancel(2);
  feed.cancel(3);
  feed.commit();
  feed.target.refuses = [](const FeedEvent& event) { return event.at.sequence == 2 ? "too wide" : ""; };
  feed.run();
  CHECK(feed.delivered() == std::vector<std::uint64_t>{1, 3, 5});
  CHECK(feed.agent().metrics().dead_letters.value() == 2);
  CHECK(feed.agent().lag() == 0);
  CHECK(feed.told(SinkAgent::News::refused) ==
        std::vector<std::string>{"1-2: too wide", "1-4: an earlier event of this order is a dead letter"});

  // A new process knows them, and does not put them there twice.
  feed.stop_sink();
  feed.target.refuses = {};
  feed.target.told = FeedPosition{1, 1};
  feed.start_sink();
  feed.cancel(2);
  feed.orders(4, 4);
  feed.run();
  CHECK(feed.delivered() == std::vector<std::uint64_t>{1, 3, 5, 3, 5, 8});
  DeadLetters letters(feed.storage(), "orders");
  REQUIRE(letters.open());
  REQUIRE(letters.letters().size() == 3);
  CHECK(letters.letters()[0].at == FeedPosition{1, 2});
  CHECK(letters.letters()[0].reason == "too wide");
  CHECK(letters.letters()[2].at == FeedPosition{1, 7});
  CHECK(letters.letters()[1].json.find("doorbuster.order.cancelled") != std::string::npos);
}

TEST_CASE("the next process goes on behind the cursor, or where the target says it is") {
  Feed feed;
  feed.orders(1, 10);
  feed.run();
  feed.stop_sink();
  feed.orders(11, 20);
  feed.start_sink();
  feed.run();
  CHECK(feed.target.events.size() == 20);

  // Killed: the cursor is older than what the target has. One that cannot tell is told again.
  feed.orders(21, 30);
  feed.run();
  feed.start_sink();
  feed.run();
  const std::size_t told = feed.target.events.size();
  CHECK(told > 30);
  feed.orders(31, 35);
  feed.run();
  feed.target.told = feed.target.through;
  feed.start_sink();
  feed.run();
  CHECK(feed.target.events.size() == told + 5);
  feed.target.told.reset();
  feed.wait(SinkAgent::kCursorNs);
  const std::size_t now = feed.target.events.size();
  feed.start_sink();
  feed.run();
  CHECK(feed.target.events.size() == now);
}

TEST_CASE("what is not delivered is still needed, and nothing of a sink that is disabled") {
  Feed feed;
  CHECK(feed.agent().needed_from() == 0);
  feed.orders(1, 10);
  feed.target.answers = {{.delivered = 4, .then = Then::retry, .reason = "no"}};
  feed.run();
  CHECK(feed.agent().needed_from() == 5);
  feed.stop_sink();
  feed.start_sink();
  feed.target.closed = Error{ErrorKind::runtime, "down"};
  feed.run();
  CHECK(feed.agent().needed_from() == 5);
  feed.target.closed.reset();
  feed.target.answers = {{.then = Then::disabled, .reason = "gone"}};
  feed.wait(feed.agent().sleep_at_most_ns());
  CHECK(feed.agent().view().state == SinkState::disabled);
  CHECK(feed.agent().needed_from() == kNothingNeeded);
  // Also for the next process, until somebody enables it.
  feed.stop_sink();
  feed.start_sink();
  feed.run();
  CHECK(feed.agent().view().state == SinkState::disabled);
  CHECK(feed.agent().needed_from() == kNothingNeeded);
  feed.agent().resume();
  CHECK(feed.agent().has_work());
  feed.run();
  CHECK(feed.agent().view().state == SinkState::delivering);
  CHECK(feed.delivered() == numbers(1, 10));
}

TEST_CASE("a pause lasts over restarts and ends when somebody says so") {
  Feed feed;
  feed.orders(1, 3);
  feed.agent().pause();
  feed.run();
  CHECK(feed.agent().view().state == SinkState::paused);
  CHECK(feed.target.events.empty());
  feed.agent().resume();
  feed.run();
  CHECK(feed.delivered() == numbers(1, 3));
  feed.agent().pause();
  feed.run();
  feed.stop_sink();
  feed.start_sink();
  feed.orders(4, 9);
  feed.run();
  CHECK(feed.agent().view().state == SinkState::paused);
  CHECK(feed.target.events.size() == 3);
  CHECK(feed.agent().needed_from() <= 5);
  feed.agent().resume();
  feed.run();
  CHECK(feed.target.events.size() == 9);
  feed.stop_sink();
  feed.start_sink();
  feed.run();
  CHECK(feed.agent().view().state == SinkState::delivering);
}

TEST_CASE("a place that cannot be gone on from stops the sink, and so does a target of another folder") {
  Feed feed;
  feed.orders(1, 3);
  feed.target.told = FeedPosition{4, 2};
  feed.run();
  CHECK(feed.agent().view().state == SinkState::stopped);
  CHECK_THAT(feed.agent().view().reason, Catch::Contains("4-2") && Catch::Contains("restore"));
  CHECK(feed.target.events.empty());
  feed.target.told.reset();
  feed.target.closed = Error{ErrorKind::configuration, "another folder's"};
  feed.agent().resume();
  feed.run();
  CHECK(feed.agent().view().state == SinkState::stopped);
  CHECK(feed.told(SinkAgent::News::stopped).size() == 2);
  feed.target.closed.reset();
  feed.agent().resume();
  feed.run();
  CHECK(feed.delivered() == numbers(1, 3));
}

TEST_CASE("a cursor or a dead letter that is none stops the sink and says where") {
  Feed feed;
  feed.orders(1, 3);
  auto file = feed.storage().open("sink-orders.cursor", Storage::Mode::create);
  REQUIRE(file);
  const std::string text = "3-1042";
  REQUIRE((*file)->write_at(0, std::as_bytes(std::span(text))));
  feed.run();
  CHECK(feed.agent().view().state == SinkState::stopped);
  CHECK_THAT(feed.agent().view().reason, Catch::Contains("sink-orders.cursor"));
  CHECK(feed.agent().needed_from() == 0);  // nothing is removed until it is known
  REQUIRE(feed.storage().remove("sink-orders.cursor"));
  feed.agent().resume();
  feed.run();
  CHECK(feed.delivered() == numbers(1, 3));
}

}  // namespace
}  // namespace doorbuster
