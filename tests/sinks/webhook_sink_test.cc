// What a receiver is sent, in which order, and what of it again.

#include "sink/webhook_sink.h"

#include <chrono>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "sinks/webhook_events.h"
#include "support/server_process.h"

namespace doorbuster {
namespace {

using std::chrono::milliseconds;
using Instant = std::chrono::steady_clock::time_point;
using Break = WebhookAnswer::Break;

Instant now() {
  return std::chrono::steady_clock::now();
}

// Steps when it is told to, from any thread.
class SteppingClock final : public Clock {
 public:
  Tick wall_now() const override { return {1'795'766'400 * kNsPerSecond + ns_}; }
  std::int64_t monotonic_ns() const override { return ns_; }
  void step(std::int64_t ns) { ns_ += ns; }

 private:
  std::atomic<std::int64_t> ns_ = 0;
};

// Of events 10, 11, ... each once.
void check_each_taken_once(const WebhookReceiver& receiver, std::size_t count) {
  const auto taken = receiver.taken();
  CHECK(taken.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = taken.find("3-" + std::to_string(10 + i));
    REQUIRE(found != taken.end());
    REQUIRE(found->second == 1);
  }
}

TEST_CASE("a request has the event, the headers of the standard and a signature by each secret") {
  WebhookReceiver receiver({.secrets = {kWebhookSecret, kNewWebhookSecret}});
  auto options = webhook_options(receiver.url());
  options.secrets = {kNewWebhookSecret, kWebhookSecret};
  SteppingClock clock;
  OpenWebhook sink(options, clock);
  const auto events = events_of({"a"});
  const Delivery delivery = sink.deliver(events);
  CHECK(delivery.then == Then::go_on);
  CHECK(delivery.delivered == 1);
  CHECK(delivery.reason == "");
  REQUIRE(receiver.requests().size() == 1);
  const ReceivedWebhook request = receiver.requests()[0];
  CHECK(request.method == "POST");
  CHECK(request.target == "/hooks?from=shop");
  CHECK(request.body == events[0].json);
  CHECK(request.header("content-type") == "application/cloudevents+json; charset=utf-8");
  CHECK(request.header("user-agent") == "doorbuster");
  CHECK(request.header("webhook-id") == kWebhookFolderHex + "_3-10");
  CHECK(request.header("webhook-timestamp") == "1795766400");
  CHECK(request.headers.count("expect") == 0);
  CHECK(request.is_signed);
  CHECK(std::count(request.headers.at("webhook-signature").begin(),
                   request.headers.at("webhook-signature").end(), ' ') == 1);
}

TEST_CASE("a receiver that has only one of two secrets, or another one, can tell") {
  for (const bool is_known : {true, false}) {
    WebhookReceiver receiver({.secrets = {is_known ? kNewWebhookSecret : "whsec_" + std::string(32, 'B')}});
    auto options = webhook_options(receiver.url());
    options.secrets = {kWebhookSecret, kNewWebhookSecret};
    OpenWebhook(options).deliver(events_of({"a"}));
    REQUIRE(receiver.requests().size() == 1);
    CHECK(receiver.requests()[0].is_signed == is_known);
    CHECK(receiver.counts().unsigned_ones == (is_known ? 0 : 1));
  }
}

TEST_CASE("an event that is sent again has the same id, and the time and signature of the attempt") {
  WebhookReceiver receiver({.secrets = {kWebhookSecret}});
  SteppingClock clock;
  OpenWebhook sink(webhook_options(receiver.url()), clock);
  receiver.set_script([&](const ReceivedWebhook& request) {
    clock.step(2 * kNsPerSecond);
    return WebhookAnswer{.status = request.attempt < 3 ? 500 : 200};
  });
  CHECK(sink.deliver_all(events_of({"a"})).empty());
  const auto requests = receiver.requests();
  REQUIRE(requests.size() == 3);
  std::set<std::string> ids, times, signatures;
  for (const ReceivedWebhook& request : requests) {
    ids.insert(request.id);
    times.insert(request.header("webhook-timestamp"));
    signatures.insert(request.header("webhook-signature"));
  }
  CHECK(ids.size() == 1);
  CHECK(times == std::set<std::string>{"1795766400", "1795766402", "1795766404"});
  CHECK(signatures.size() == 3);
  CHECK(receiver.counts().unsigned_ones == 0);
}

TEST_CASE("nothing to deliver is delivered") {
  WebhookReceiver receiver;
  const Delivery delivery = OpenWebhook(receiver).deliver({});
  CHECK(delivery.then == Then::go_on);
  CHECK(delivery.delivered == 0);
  CHECK(receiver.requests().empty());
}

TEST_CASE("events of one order stay in order while those of others overtake them") {
  WebhookReceiver receiver({.secrets = {kWebhookSecret}});
  std::mt19937 random(7);
  receiver.set_script(
      [&](const ReceivedWebhook&) { return WebhookAnswer{.delay = milliseconds(random() % 6)}; });
  std::vector<FeedEvent> events;
  std::mt19937 choose(11);
  for (std::uint64_t i = 0; i < 600; ++i) {
    if (i % 50 == 0) {
      events.push_back(webhook_event(10 + i, "", "catalog.changed"));
    } else {
      events.push_back(webhook_event(10 + i, "order-" + std::to_string(choose() % 40)));
    }
  }
  OpenWebhook sink(receiver);
  CHECK(sink.deliver_all(events).empty());
  check_each_taken_once(receiver, events.size());
  const auto counts = receiver.counts();
  CHECK(counts.inversions == 0);
  CHECK(counts.overtaken == 0);
  CHECK(counts.duplicates == 0);
  CHECK(counts.unsigned_ones == 0);
  CHECK(counts.overlapping >= 2);
  // Or the counts above say nothing: some did overtake others.
  std::uint64_t last = 0, overtaken = 0;
  for (const ReceivedWebhook& request : receiver.requests()) {
    overtaken += request.sequence < last ? 1U : 0U;
    last = request.sequence;
  }
  CHECK(overtaken > 0);
}

TEST_CASE("as many requests as there may be are under way at once, over as many connections, and no more") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook&) { return WebhookAnswer{.delay = milliseconds(20)}; });
  OpenWebhook sink(receiver);
  for (int call = 0; call < 2; ++call) sink.deliver_all(events_of_orders(160));
  CHECK(receiver.counts().overlapping == int{kWebhookRequestsMax});
  CHECK(receiver.counts().connections == int{kWebhookRequestsMax});
}

TEST_CASE("under any faults of a receiver every event arrives, in the order of its order") {
  WebhookReceiver receiver({.secrets = {kWebhookSecret}});
  std::mt19937 random(3);
  receiver.set_script([&](const ReceivedWebhook&) {
    WebhookAnswer answer{.body = "some text", .delay = milliseconds(random() % 3)};
    switch (random() % 24) {
      case 0:
        answer.status = 500;
        break;
      case 1:
        answer.broken = Break::in_request;
        break;
      case 2:
        answer.broken = Break::no_answer;
        break;
      case 3:
        answer.broken = Break::in_head;
        break;
      case 4:
        answer.broken = Break::in_body;
        break;
      default:
        break;
    }
    return answer;
  });
  std::vector<std::string> orders;
  std::mt19937 choose(5);
  for (int i = 0; i < 400; ++i) orders.push_back("order-" + std::to_string(choose() % 30));
  OpenWebhook sink(receiver);
  CHECK(sink.deliver_all(events_of(orders)).empty());
  std::set<std::string> whole;
  for (const ReceivedWebhook& request : receiver.requests()) {
    if (request.is_whole) whole.insert(request.event);
  }
  CHECK(whole.size() == orders.size());
  CHECK(receiver.counts().inversions == 0);
  CHECK(receiver.counts().overtaken == 0);
  // What was acknowledged is not sent again.
  CHECK(receiver.counts().duplicates == 0);
}

TEST_CASE("what was taken behind an event that was not is not sent again") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    const bool fails = request.event == "3-12" && request.attempt == 1;
    return WebhookAnswer{.status = fails ? 500 : 200, .delay = milliseconds(fails ? 100 : 0)};
  });
  OpenWebhook sink(receiver);
  const auto events = events_of_orders(8);
  const Delivery first = sink.deliver(events);
  CHECK(first.then == Then::retry);
  CHECK(first.delivered == 2);
  REQUIRE(receiver.requests().size() == 8);
  // Also not when it is in a later delivery than the next.
  const Delivery second = sink.deliver(std::span(events).subspan(2, 2));
  CHECK(second.then == Then::go_on);
  CHECK(second.delivered == 2);
  CHECK(sink.deliver(std::span(events).subspan(4)).delivered == 4);
  check_each_taken_once(receiver, events.size());
  CHECK(receiver.requests().size() == 9);
  // Who goes back wants the target to have them anew.
  CHECK(sink.deliver(events).delivered == 8);
  CHECK(receiver.requests().size() == 17);
}

TEST_CASE("who goes back in the middle of it has them all sent anew") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    const bool fails = request.event == "3-12" && request.attempt == 1;
    return WebhookAnswer{.status = fails ? 500 : 200, .delay = milliseconds(fails ? 100 : 0)};
  });
  OpenWebhook sink(receiver);
  const auto events = events_of_orders(8);
  CHECK(sink.deliver(events).delivered == 2);
  CHECK(sink.deliver(events).delivered == 8);
  CHECK(receiver.requests().size() == 16);
}

TEST_CASE("an event that is refused is told once all in front of it are delivered") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    if (request.event == "3-12") return WebhookAnswer{.status = 422, .body = "no such\n  thing\x01"};
    return WebhookAnswer{.delay = milliseconds(request.event == "3-10" ? 100 : 0)};
  });
  OpenWebhook sink(receiver);
  const auto events = events_of({"a", "a", "b", "c", "c"});
  const Delivery delivery = sink.deliver(events);
  CHECK(delivery.then == Then::refused);
  CHECK(delivery.delivered == 2);
  CHECK_THAT(delivery.reason, Catch::Contains("422") && Catch::Contains("no such thing?"));
  CHECK(sink.deliver_all(std::span(events).subspan(3)).empty());
  CHECK(receiver.taken().size() == 4);
  CHECK(receiver.counts().duplicates == 0);
}

TEST_CASE("an event that always fails does not hide that another one in front of it is refused") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    return WebhookAnswer{.status = request.event == "3-11" ? 400 : request.event == "3-13" ? 500 : 200};
  });
  OpenWebhook sink(receiver);
  const auto events = events_of_orders(5);
  std::size_t done = 0;
  Delivery delivery = sink.deliver(events);
  // Which of the two answers came first is the network's to say.
  for (int call = 0; call < 10 && delivery.then == Then::retry; ++call) {
    done += delivery.delivered;
    delivery = sink.deliver(std::span(events).subspan(done));
  }
  CHECK(delivery.then == Then::refused);
  CHECK(done + delivery.delivered == 1);
}

TEST_CASE("a call takes no more events when one more could take it beyond its time") {
  WebhookReceiver receiver;
  SteppingClock clock;
  receiver.set_script([&](const ReceivedWebhook&) {
    clock.step(3 * kNsPerSecond);
    return WebhookAnswer{};
  });
  auto options = webhook_options(receiver.url());
  options.timeout_ms = 15'000;
  OpenWebhook sink(options, clock);
  const auto events = events_of(std::vector<std::string>(8, "a"));
  // 30 s, less a second, less 15 s for a request: begun after 0, 3, 6, 9 and 12 s.
  const Delivery first = sink.deliver(events);
  CHECK(first.then == Then::go_on);
  CHECK(first.delivered == 5);
  const Delivery second = sink.deliver(std::span(events).subspan(5));
  CHECK(second.then == Then::go_on);
  CHECK(second.delivered == 3);
  check_each_taken_once(receiver, 8);
}

// Sets `stop` once so many requests are there; how long the delivery went on after that.
milliseconds stop_after(WebhookReceiver& receiver, std::size_t requests, OpenWebhook& sink,
                        std::span<const FeedEvent> events, Delivery& delivery) {
  std::atomic<bool> stop = false;
  std::atomic<bool> came = false;
  Instant stopped_at;
  std::thread stopping([&] {
    came = receiver.wait_for(requests);
    stopped_at = now();
    stop = true;
  });
  delivery = sink.deliver(events, stop);
  const Instant ended_at = now();
  stopping.join();
  REQUIRE(came);
  return std::chrono::duration_cast<milliseconds>(ended_at - stopped_at);
}

TEST_CASE("a delivery ends soon when it is stopped") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    return WebhookAnswer{.broken = request.event == "3-12" ? Break::silence : Break::none};
  });
  OpenWebhook sink(receiver);
  Delivery delivery;
  SECTION("with events delivered") {
    const auto events = events_of({"a", "b", "c", "d", "c"});
    CHECK(stop_after(receiver, 4, sink, events, delivery) < milliseconds(1'000));
    CHECK(delivery.then == Then::go_on);
    CHECK(delivery.delivered == 2);
  }
  SECTION("with none") {
    const auto events = events_of_orders(3);
    CHECK(stop_after(receiver, 1, sink, std::span(events).subspan(2), delivery) < milliseconds(1'000));
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered == 0);
  }
  // It goes on afterwards.
  receiver.set_script({});
  CHECK(sink.deliver_all(std::span<const FeedEvent>(events_of({"a"}))).empty());
}

TEST_CASE("an answer that is due is still heard after a stop") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook&) { return WebhookAnswer{.delay = milliseconds(120)}; });
  OpenWebhook sink(receiver);
  Delivery delivery;
  stop_after(receiver, 1, sink, events_of({"a", "a"}), delivery);
  CHECK(delivery.then == Then::go_on);
  CHECK(delivery.delivered == 1);
  CHECK(receiver.requests().size() == 1);
}

TEST_CASE("a sink that is opened again goes on") {
  WebhookReceiver receiver;
  OpenWebhook sink(receiver);
  const auto events = events_of_orders(40);
  CHECK(sink.deliver(std::span(events).first(20)).delivered == 20);
  sink.open();
  CHECK(sink.deliver(std::span(events).subspan(20)).delivered == 20);
  check_each_taken_once(receiver, 40);
}

TEST_CASE("how many events a second a receiver on this machine gets", "[.measure]") {
  for (const int delay_ms : {0, 20}) {
    WebhookReceiver receiver({.secrets = {kWebhookSecret}});
    receiver.set_script(
        [&](const ReceivedWebhook&) { return WebhookAnswer{.delay = milliseconds(delay_ms)}; });
    OpenWebhook sink(receiver);
    const auto events = events_of_orders(delay_ms == 0 ? 20'000 : 4'000);
    const Instant begun = now();
    const std::clock_t cpu = std::clock();
    CHECK(sink.deliver_all(events).empty());
    const double seconds = std::chrono::duration<double>(now() - begun).count();
    const double cpu_seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    CHECK(receiver.taken().size() == events.size());
    std::printf("answers after %d ms: %.0f events/s, %.0f us of CPU each (receiver included)\n", delay_ms,
                static_cast<double>(events.size()) / seconds,
                cpu_seconds * 1e6 / static_cast<double>(events.size()));
  }
}

}  // namespace
}  // namespace doorbuster
