// The order of record when the server dies, the connection goes, or nobody answers.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "sinks/postgres_fixture.h"
#include "sinks/postgres_proxy.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

// Four events each: held, confirmed, and both units returned one after the other.
FeedEvent event_at(std::uint64_t sequence) {
  const std::string order = "o" + std::to_string((sequence - 1) / 4);
  switch ((sequence - 1) % 4) {
    case 0:
      return first_event(sequence, "held", order, 2);
    case 1:
      return order_event(sequence, "confirmed", order, R"(,"quantity":2)");
    default:
      return order_event(sequence, "returned", order, R"(,"quantity":1)");
  }
}

std::vector<FeedEvent> events_behind(std::uint64_t sequence, std::size_t count) {
  std::vector<FeedEvent> events;
  for (std::uint64_t next = sequence + 1; next <= sequence + count; ++next) events.push_back(event_at(next));
  return events;
}

// What must be true after `last` events, whatever has happened.
void check_tables(const SinkUnderTest& sink, std::uint64_t last) {
  const std::string n = std::to_string(last);
  CHECK(sink.place() == "1-" + n);
  CHECK(sink.ask("SELECT count(*), count(DISTINCT sequence), min(sequence), max(sequence) FROM {}.events") ==
        n + "|" + n + "|1|" + n);
  const std::string whole = std::to_string(last / 4);
  CHECK(sink.ask("SELECT count(*), count(*) FILTER (WHERE status = 'returned' AND returned_quantity = 2)"
                 " FROM {}.orders WHERE substr(order_id, 2)::int < " +
                 whole) == whole + "|" + whole);
  CHECK(sink.ask("SELECT sum(returned_quantity) - 2 * count(*) FROM {}.order_lines"
                 " WHERE substr(order_id, 2)::int < " +
                 whole) == "0");
}

// What an agent does, without its pauses: until told to end, and then until a batch has gone through.
class Deliverer {
 public:
  Deliverer(PostgresSink& sink, const std::atomic<bool>& stop) : sink_(sink), stop_(stop) {
    thread_ = std::thread([this] { run(); });
  }
  ~Deliverer() { end(); }
  std::uint64_t end() {
    ends_ = true;
    if (thread_.joinable()) thread_.join();
    return through_;
  }
  std::uint64_t through() const { return through_; }
  int retries() const { return retries_; }
  std::string trouble() const { return trouble_; }  // REQUIRES: end()

 private:
  void run() {
    bool is_open = false;
    const auto until = Clock::now() + 6 * kPatience;
    for (bool last = false; !last;) {
      if (Clock::now() > until) {
        trouble_ = "never done";
        return;
      }
      if (!is_open) {
        const auto place = sink_.open(stop_);
        is_open = place.has_value();
        if (!is_open) {
          ::poll(nullptr, 0, 5);  // the server is on its way
          continue;
        }
        if ((*place)->sequence < through_) trouble_ = "what was said to be delivered is not there";
        through_ = (*place)->sequence;
      }
      const bool ends = ends_;
      const auto events = events_behind(through_, 30);
      const Delivery delivery = sink_.deliver(events, events.back().at, stop_);
      through_ += delivery.delivered;
      is_open = delivery.then == Then::go_on;
      if (delivery.then == Then::retry) ++retries_;
      if (delivery.then == Then::refused) trouble_ = delivery.reason;
      last = (ends && is_open) || !trouble_.empty();
    }
  }

  PostgresSink& sink_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> ends_ = false;
  std::atomic<std::uint64_t> through_ = 0;
  std::atomic<int> retries_ = 0;
  std::string trouble_;
  std::thread thread_;
};

template <typename Condition>
bool comes_true(Condition condition) {
  const auto until = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > until) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

TEST_CASE("the server is killed in the middle of batches, over and over: each event is applied once") {
  SinkUnderTest sink("killed");
  Deliverer deliverer(sink.sink(), sink.stop());
  for (int life = 0; life < scaled(8, 4); ++life) {
    const std::uint64_t before = deliverer.through();
    const auto wanted = before + 100 + static_cast<std::uint64_t>(life) * 137;
    REQUIRE(comes_true([&] { return deliverer.through() > wanted; }));
    const int retries = deliverer.retries();
    postgres().kill();
    postgres().start();
    CHECK(comes_true([&] { return deliverer.retries() > retries; }));
  }
  const std::uint64_t last = deliverer.end();
  CHECK(deliverer.trouble() == "");
  check_tables(sink, last);
}

TEST_CASE("connections that the server ends, one after the other, lose and double nothing") {
  SinkUnderTest sink("terminated", "terminated");
  Deliverer deliverer(sink.sink(), sink.stop());
  for (int i = 0; i < scaled(40, 10); ++i) {
    const std::uint64_t before = deliverer.through();
    REQUIRE(comes_true([&] { return deliverer.through() > before; }));
    sink.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'doorbuster/terminated'");
  }
  const std::uint64_t last = deliverer.end();
  CHECK(deliverer.trouble() == "");
  CHECK(deliverer.retries() > 0);
  check_tables(sink, last);
}

TEST_CASE("a connection that goes around a COMMIT: the batch is applied once") {
  PostgresProxy proxy(postgres().port());
  SinkUnderTest sink("cut", "record", 1,
                     "host=127.0.0.1 user=doorbuster dbname=postgres port=" + std::to_string(proxy.port()));
  sink.open();
  sink.must_deliver(events_behind(0, 10));
  for (std::uint64_t last = 10; last < 70; last += 10) {
    const bool is_committed = last % 20 == 0;
    CAPTURE(last, is_committed);
    const auto events = events_behind(last, 10);
    proxy.lose(is_committed ? PostgresProxy::Loses::answer : PostgresProxy::Loses::commit);
    const Delivery delivery = sink.deliver(events);
    REQUIRE(proxy.has_lost());
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered == 0);
    CHECK(delivery.reason != "");
    check_tables(sink, is_committed ? last + 10 : last);
    CHECK(sink.open() == FeedPosition{1, is_committed ? last + 10 : last});
    sink.must_deliver(events);
    check_tables(sink, last + 10);
  }
}

TEST_CASE("a server that is not there, or on its way down, is worth another try") {
  SinkUnderTest sink("down"), other("down", "other");
  sink.open();
  postgres().stop();
  const Delivery delivery = sink.deliver(events_behind(0, 5));
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 0);
  CHECK_THAT(delivery.reason, Catch::Contains("terminat") || Catch::Contains("closed the connection"));
  const Error error = other.open_fails();
  CHECK(error.kind == ErrorKind::runtime);
  CHECK_THAT(error.message, Catch::Contains("refused"));
  postgres().start();
  CHECK(sink.open() == FeedPosition{});
  sink.must_deliver(events_behind(0, 5));
}

TEST_CASE("a server without a connection to spare is worth another try") {
  std::vector<std::unique_ptr<SinkUnderTest>> sinks;
  std::string reason;
  ErrorKind kind = ErrorKind::configuration;
  while (sinks.size() < 40 && reason.empty()) {
    sinks.push_back(std::make_unique<SinkUnderTest>("crowd", "s" + std::to_string(sinks.size())));
    const auto opened = sinks.back()->sink().open(sinks.back()->stop());
    if (opened) continue;
    reason = opened.error().message;
    kind = opened.error().kind;
  }
  CHECK(kind == ErrorKind::runtime);
  CHECK_THAT(reason, Catch::Contains("too many clients") || Catch::Contains("reserved"));
}

// How long `call` goes on after `stop` is set, which is as soon as `is_waiting`.
template <typename Call, typename Condition>
std::chrono::milliseconds time_to_stop(std::atomic<bool>& stop, Condition is_waiting, Call call) {
  std::atomic<Clock::time_point> set_at = Clock::now();
  bool waited = false;
  std::thread stopping([&] {
    waited = comes_true(is_waiting);
    set_at = Clock::now();
    stop = true;
  });
  call();
  const auto ended = Clock::now();
  stopping.join();
  CHECK(waited);
  CHECK(ended > set_at.load());
  return std::chrono::duration_cast<std::chrono::milliseconds>(ended - set_at.load());
}

TEST_CASE("stop ends the wait for an address that does not answer") {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, any, size) == 0);
  REQUIRE(::listen(listener, 16) == 0);
  REQUIRE(::getsockname(listener, any, &size) == 0);
  SinkUnderTest sink("silent", "record", 1, "host=127.0.0.1 port=" + std::to_string(ntohs(address.sin_port)));
  // It is connected, and says nothing.
  const auto is_waiting = [&] {
    pollfd wanted{.fd = listener, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 0) == 1;
  };
  std::string message;
  const auto time = time_to_stop(sink.stop(), is_waiting, [&] {
    const auto opened = sink.sink().open(sink.stop());
    if (!opened) message = opened.error().message;
  });
  CHECK(time < std::chrono::milliseconds(1'000));
  CHECK_THAT(message, Catch::Contains("stopped"));
  ::close(listener);
}

TEST_CASE("stop ends the wait for a table that somebody else has locked, and nothing is applied") {
  SinkUnderTest sink("locked", "locked");
  sink.open();
  auto lock = postgres().hold("BEGIN; LOCK TABLE locked.sinks");
  const auto is_waiting = [&] {
    return sink.ask(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doorbuster/locked'"
               " AND wait_event_type = 'Lock'") == "1";
  };
  const auto events = events_behind(0, 5);
  Delivery delivery;
  const auto time = time_to_stop(sink.stop(), is_waiting, [&] { delivery = sink.deliver(events); });
  CHECK(time < std::chrono::milliseconds(1'000));
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 0);
  CHECK_THAT(delivery.reason, Catch::Contains("stopped"));
  lock.reset();
  sink.stop() = false;
  CHECK(sink.open() == FeedPosition{});
  sink.must_deliver(events);
  check_tables(sink, 5);
}

TEST_CASE("a table that stays locked is worth another try") {
  SinkUnderTest sink("locked_long");
  sink.open();
  const auto lock = postgres().hold("BEGIN; LOCK TABLE locked_long.orders");
  const Delivery delivery = sink.deliver(events_behind(0, 5));
  CHECK(delivery.then == Then::retry);
  CHECK_THAT(delivery.reason, Catch::Contains("SQLSTATE 55P03"));
}

}  // namespace
}  // namespace doorbuster
