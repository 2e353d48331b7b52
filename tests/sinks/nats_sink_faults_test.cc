// The NATS sink while the server and the network break: nothing is lost, nothing comes twice, and nobody
// waits for long.

#include <arpa/inet.h>
#include <nats/nats.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "sink/nats_sink.h"
#include "sinks/nats_fixture.h"
#include "sinks/nats_proxy.h"

namespace doorbuster {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Then = Delivery::Then;

constexpr std::chrono::milliseconds kStopSoon{scaled(1'000, 3'000)};

// Runs on a thread of its own until it is told to stop or has nothing more to do.
class Background {
 public:
  template <typename Work>
  explicit Background(Work work)
      : thread_([this, work] {
          work(stop_);
          over_ = true;
        }) {}
  ~Background() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool over() const { return over_; }
  // False: not in time.
  template <typename Condition>
  bool wait(Condition condition) const {
    const auto until = SteadyClock::now() + kPatience;
    while (!condition()) {
      if (SteadyClock::now() >= until) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::atomic<bool> stop_ = false, over_ = false;
  std::thread thread_;
};

TEST_CASE("a server that is killed over and over has each event once") {
  NatsServer server;
  const auto events = nats_events(static_cast<std::size_t>(scaled(20'000, 6'000)));
  NatsAgent agent(nats_configuration(server.url()), events, 300);
  agent.go_to(0);
  std::string reason = "it has not ended";
  std::mt19937_64 random(7);
  int kills = 0;
  {
    // It fails without an end while there is no server.
    const Background run([&](const std::atomic<bool>& stop) { reason = agent.run(INT32_MAX - 1, stop); });
    while (!run.over()) {
      const std::uint64_t so_many = agent.delivered() + 1 + random() % 1'000;
      agent.go_to(so_many + 1'000);  // the server has something to do when it is killed
      REQUIRE(run.wait([&] { return run.over() || agent.delivered() >= so_many; }));
      if (run.over()) break;
      server.kill();
      server.start();
      ++kills;
    }
  }
  CHECK(reason.empty());
  CHECK(kills >= 3);
  CHECK(agent.failures() >= 1);
  NatsClient client(server.url());
  CHECK(what_is_wrong(client, events).empty());
}

TEST_CASE("a server that is started anew between deliveries is found again") {
  NatsServer server;
  const auto events = nats_events(200);
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  REQUIRE(deliver_nats(sink, std::span(events).first(100)).delivered == 100);
  server.stop();
  server.start();
  const Delivery delivery = deliver_nats(sink, std::span(events).subspan(100));
  CHECK(delivery.reason.empty());
  CHECK(delivery.delivered == 100);
  NatsClient client(server.url());
  CHECK(what_is_wrong(client, events).empty());
}

TEST_CASE("a connection that is cut anywhere costs nothing and doubles nothing") {
  const NatsServer server;
  const auto events = nats_events(2'000);
  NatsProxy proxy(server.port());
  NatsAgent agent(nats_configuration("nats://127.0.0.1:" + std::to_string(proxy.port())), events, 1'000);
  std::mt19937_64 random(11);
  const std::atomic<bool> stop = false;
  for (int i = 0; i < 40; ++i) {
    proxy.cut_after(static_cast<std::int64_t>(random() % 60'000));
    agent.run(0, stop);
  }
  CHECK(proxy.cuts() >= 20);
  proxy.cut_after(NatsProxy::kNever);
  CHECK(agent.run(0, stop).empty());
  NatsClient client(server.url());
  CHECK(what_is_wrong(client, events).empty());
}

TEST_CASE("what is stored and not acknowledged does not come again") {
  const NatsServer server;
  NatsClient client(server.url());
  // Too short to know any message again.
  client.make_stream(kNatsStream, {.duplicate_window_ns = 100'000'000});
  const auto events = nats_events(1'000);
  NatsProxy proxy(server.port());
  NatsSink sink(nats_configuration("nats://127.0.0.1:" + std::to_string(proxy.port())), kNatsFolder);
  for (const std::int64_t heard : {5'000, 20'000}) {
    proxy.swallow_after(heard);
    const auto place = must_open(sink);
    const std::uint64_t swallowed = proxy.swallowed();
    const std::size_t before = static_cast<std::size_t>(client.count(kNatsStream));
    if (before != 0) CHECK(place == events[before - 1].at);
    const auto began = SteadyClock::now();
    const Delivery delivery = deliver_nats(sink, std::span(events).subspan(before, 400));
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered < 400);
    CHECK(delivery.reason.find("does not say that it has the events") != std::string::npos);
    CHECK(SteadyClock::now() - began < std::chrono::nanoseconds(kNatsAnswerNs) + std::chrono::seconds(10));
    CHECK(proxy.swallowed() > swallowed);
    CHECK(client.count(kNatsStream) > before + delivery.delivered);
    CHECK(what_is_wrong(client, std::span(events).first(client.count(kNatsStream))).empty());
  }
  proxy.swallow_after(NatsProxy::kNever);
  NatsAgent agent(nats_configuration(server.url()), events, 500);
  CHECK(agent.run(0, false).empty());
  CHECK(what_is_wrong(client, events).empty());
}

TEST_CASE("a stranger who writes all the time into the stream makes no hole") {
  const NatsServer server;
  NatsClient client(server.url());
  client.make_stream(kNatsStream, {.subjects = {"doorbuster.>", "stranger"}});
  const auto events = nats_events(static_cast<std::size_t>(scaled(10'000, 3'000)));
  std::string reason;
  {
    const Background stranger([&](const std::atomic<bool>& stop) {
      NatsClient writer(server.url());
      while (!stop) {
        writer.publish("stranger", "here I am");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // how often he does, not what we wait for
      }
    });
    NatsAgent agent(nats_configuration(server.url()), events, 500);
    reason = agent.run(20, false);
  }
  CHECK(reason.empty());
  CHECK(what_is_wrong(client, events).empty());
  const auto ours = client.read(kNatsStream, "doorbuster."), his = client.read(kNatsStream, "stranger");
  const auto between = std::count_if(his.begin(), his.end(), [&](const NatsMessage& message) {
    return message.sequence > ours.front().sequence && message.sequence < ours.back().sequence;
  });
  CHECK(between >= 5);
}

TEST_CASE("no JetStream, and nobody there, are told in time") {
  const std::atomic<bool> stop = false;
  SECTION("a server without JetStream") {
    const NatsServer server({.jetstream = false});
    NatsSink sink(nats_configuration(server.url()), kNatsFolder);
    const auto opened = sink.open(stop);
    REQUIRE(!opened);
    CHECK(opened.error().kind == ErrorKind::runtime);
    CHECK(opened.error().message.find("JetStream is not enabled") != std::string::npos);
  }
  SECTION("nobody listens") {
    NatsSink sink(nats_configuration("nats://127.0.0.1:" + std::to_string(free_port())), kNatsFolder);
    const auto began = SteadyClock::now();
    const auto opened = sink.open(stop);
    REQUIRE(!opened);
    CHECK(opened.error().kind == ErrorKind::runtime);
    CHECK(opened.error().message.find("nobody takes the connection") != std::string::npos);
    CHECK(SteadyClock::now() - began < std::chrono::milliseconds(2 * kNatsConnectMs));
  }
  SECTION("the server has gone") {
    NatsServer server;
    NatsSink sink(nats_configuration(server.url()), kNatsFolder);
    must_open(sink);
    server.kill();
    const Delivery delivery = deliver_nats(sink, nats_events(10));
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered == 0);
    CHECK(delivery.reason.find("nobody takes the connection") != std::string::npos);
  }
}

// Takes connections, and says nothing.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_, any, size) == 0);
    REQUIRE(::listen(socket_, 16) == 0);
    REQUIRE(::getsockname(socket_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(socket_); }
  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

 private:
  const int socket_;
  std::uint16_t port_ = 0;
};

// How long `call` takes from when it is told to stop, which it is when it has been waiting for a while.
template <typename Call>
std::chrono::nanoseconds time_to_stop(Call call) {
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> told_at = 0;
  std::thread teller([&] {
    const auto at = SteadyClock::now() + std::chrono::milliseconds(300);
    while (SteadyClock::now() < at) std::this_thread::sleep_until(at);
    told_at = SteadyClock::now().time_since_epoch().count();
    stop = true;
  });
  call(stop);
  const std::chrono::nanoseconds over_at = SteadyClock::now().time_since_epoch();
  teller.join();
  return over_at - std::chrono::nanoseconds(told_at);
}

TEST_CASE("a server that says nothing keeps nobody from stopping") {
  SECTION("at the beginning of a connection") {
    const SilentServer server;
    NatsSink sink(nats_configuration(server.url()), kNatsFolder);
    std::string reason;
    const auto time = time_to_stop([&](const std::atomic<bool>& stop) {
      const auto opened = sink.open(stop);
      if (!opened) reason = opened.error().message;
    });
    CHECK(reason.find("being stopped") != std::string::npos);
    CHECK(time > std::chrono::nanoseconds(0));
    CHECK(time < kStopSoon);
    // And nobody is told to stop: it is given up in time. What was left behind is waited for.
    const std::atomic<bool> never = false;
    const auto began = SteadyClock::now();
    const auto opened = sink.open(never);
    REQUIRE(!opened);
    CHECK(opened.error().message.find("says nothing") != std::string::npos);
    CHECK(SteadyClock::now() - began < std::chrono::milliseconds(3 * kNatsConnectMs));
  }
  SECTION("when it is asked for the stream") {
    const NatsServer server;
    NatsProxy proxy(server.port());
    proxy.swallow_after(1'000);  // it says who it is, and no more than that
    NatsSink sink(nats_configuration("nats://127.0.0.1:" + std::to_string(proxy.port())), kNatsFolder);
    const auto time = time_to_stop([&](const std::atomic<bool>& stop) { CHECK(!sink.open(stop)); });
    CHECK(time > std::chrono::nanoseconds(0));
    CHECK(time < kStopSoon);
  }
  SECTION("in a delivery, with more than fits on the way") {
    const NatsServer server({.config = "max_payload: 60000000"});
    NatsSink sink(nats_configuration(server.url()), kNatsFolder);
    must_open(sink);
    server.pause();
    const auto events = nats_events(2, 20'000'000);
    Delivery delivery;
    const auto time = time_to_stop(
        [&](const std::atomic<bool>& stop) { delivery = sink.deliver(events, events.back().at, stop); });
    server.go_on();
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered == 0);
    CHECK(time > std::chrono::nanoseconds(0));
    CHECK(time < kStopSoon);
    // What is on the way may still be stored; the rest follows.
    NatsAgent agent(nats_configuration(server.url()), events, 16);
    CHECK(agent.run(5, false).empty());
    NatsClient client(server.url());
    CHECK(what_is_wrong(client, events).empty());
  }
}

}  // namespace
}  // namespace doorbuster
