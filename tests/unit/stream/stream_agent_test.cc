// The stream's thread, stepped by hand over pairs of sockets.

#include "doorbuster/stream/stream_agent.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "support/catch.h"
#include "support/event_stream.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

class Client {
 public:
  Client(StreamAgent& agent, const Subscription& wants, int buffer_bytes = 0) : reader_(wants.gzip) {
    REQUIRE(agent.reserve());
    std::array<int, 2> sockets{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) == 0);
    if (buffer_bytes != 0) {
      REQUIRE(setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes) == 0);
    }
    socket_ = sockets[1];
    agent.subscribe(sockets[0], wants, "");
  }
  ~Client() { hang_up(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes what is there.
  Client& read() {
    std::array<char, 65'536> bytes;
    for (;;) {
      const ssize_t n = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
      ended = ended || n == 0 || (n < 0 && errno == ECONNRESET);
      if (n <= 0) return *this;
      reader_.take({bytes.data(), static_cast<std::size_t>(n)});
    }
  }
  void say(std::string_view text) { REQUIRE(send(socket_, text.data(), text.size(), MSG_NOSIGNAL) > 0); }
  void hang_up() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  // "snapshot tick offers", and forgets them.
  std::string types() {
    read();
    std::string all;
    for (const StreamEvent& event : reader_.events) all += (all.empty() ? "" : " ") + event.type;
    reader_.events.clear();
    return all;
  }
  std::string last_data() {
    read();
    return reader_.events.empty() ? "" : reader_.events.back().data;
  }
  EventReader& reader() { return reader_; }
  bool ended = false;

 private:
  int socket_ = -1;
  EventReader reader_;
};

// A stream of a sale that stands still unless the test moves it.
struct Studio {
  explicit Studio(std::uint32_t offers = 2, std::uint32_t places = 10)
      : agent({catalog, board, alerts, clock, watch}, notifier, places) {
    std::vector<OfferPut> puts;
    for (std::uint32_t i = 0; i < offers; ++i) puts.push_back(offer_put(i, 1000));
    puts[0].plan.price_steps.push_back({.from = kStep, .kind = PriceLayer::Kind::price, .value = 3990});
    catalog.set(catalog_of({campaign_put(0), campaign_put(1)}, std::move(puts)));
  }

  void run() {
    while (agent.do_work() != 0) {
    }
  }
  void advance(std::int64_t ns) {
    clock.advance_ns(ns);
    run();
  }
  void sell_out(std::uint32_t offer) {
    board.publish({offer}, Availability::sold_out,
                  {.allocated = 1000, .available = 0, .held = 0, .sold = 1000});
    board.mark_changed({offer});
  }
  void bring_back(std::uint32_t offer) {
    board.publish({offer}, Availability::on_sale,
                  {.allocated = 1000, .available = 1, .held = 0, .sold = 999});
    board.mark_changed({offer});
  }
  std::uint64_t dropped() const { return agent.metrics().dropped.value(); }

  static constexpr Tick kStep = after(kOpens, 10 * kNsPerSecond);
  static constexpr std::int64_t kInterval = kStreamIntervalMs * kNsPerMillisecond;

  CatalogCell catalog;
  Board board{100};
  AlertLog alerts;
  ManualClock clock{after(kOpens, kNsPerSecond)};
  Notifier notifier, watch;
  StreamAgent agent;
};

std::optional<StreamPosition> place_of(Client& client) {
  return parse_stream_position(client.read().reader().last_id());
}

}  // namespace

TEST_CASE("who comes gets a snapshot, its place and the time; then what changes") {
  const bool gzip = GENERATE(false, true);
  Studio studio;
  Client client(studio.agent, {.gzip = gzip});
  studio.run();
  CHECK(client.types() == "snapshot snapshot tick");  // two campaigns
  CHECK(place_of(client)->sequence == 0);
  CHECK(client.reader().text().starts_with("retry: 2000\n\n"));

  studio.sell_out(1);
  studio.advance(Studio::kInterval);
  CHECK(client.last_data().find(R"("offers":[{"sku":"sku-1","availability":"sold_out"}])") !=
        std::string::npos);
  CHECK(client.types() == "offers");
  CHECK(place_of(client)->sequence == 1);
  studio.advance(kNsPerSecond);
  CHECK(client.types() == "tick");
  CHECK(studio.agent.metrics().subscribers.value() == 1);
  CHECK(studio.agent.metrics().snapshots.value() == 2);
}

TEST_CASE("an offer is told at most once in an interval, with what it is at the end of it") {
  Studio studio;
  Client client(studio.agent, {.campaign = CampaignIndex{0}});
  studio.run();
  CHECK(client.types() == "snapshot tick");
  studio.sell_out(1);
  studio.run();
  CHECK(client.types() == "offers");
  for (int i = 0; i < 5; ++i) {
    i % 2 == 0 ? studio.bring_back(1) : studio.sell_out(1);
    studio.advance(1 * kNsPerMillisecond);
    CHECK(client.types() == "");
  }
  CHECK(studio.agent.sleep_at_most_ns() == Studio::kInterval - 5 * kNsPerMillisecond);
  studio.advance(Studio::kInterval);
  CHECK(client.last_data().find("on_sale") != std::string::npos);
  CHECK(client.types() == "offers");
}

TEST_CASE("a price is prepared before its instant, told at it, and its way to the last one is measured") {
  Studio studio;
  Client plain(studio.agent, {}), packed(studio.agent, {.gzip = true});
  studio.run();
  studio.advance(8'400 * kNsPerMillisecond);
  CHECK(studio.agent.sleep_at_most_ns() <= 100 * kNsPerMillisecond);  // to prepare it
  studio.advance(100 * kNsPerMillisecond);
  CHECK(studio.agent.sleep_at_most_ns() == 500 * kNsPerMillisecond);
  plain.types();
  studio.advance(499 * kNsPerMillisecond);
  CHECK(plain.types() == "");
  CHECK(studio.agent.metrics().price_latency_ns.count(0) == 0);
  studio.advance(1 * kNsPerMillisecond);
  CHECK(plain.last_data() == R"({"campaign":"campaign-0","server_time":"2026-11-27T08:00:10Z",)"
                             R"("offers":[{"sku":"sku-0","price":3990}]})");
  CHECK(packed.read().reader().text() == plain.reader().text());
  CHECK(studio.agent.metrics().price_latency_ns.count(0) == 1);
}

TEST_CASE("who comes back gets exactly what it has missed") {
  Studio studio(50);
  auto first = std::make_unique<Client>(studio.agent, Subscription{});
  Client witness(studio.agent, {});
  studio.run();
  studio.sell_out(1);
  studio.advance(Studio::kInterval);
  const auto place = place_of(*first);
  REQUIRE(place->sequence == 1);
  witness.types();
  const std::size_t seen = witness.reader().text().size();
  first.reset();
  for (std::uint32_t i = 2; i < 6; ++i) {
    studio.sell_out(i);
    studio.advance(Studio::kInterval);
  }
  Client again(studio.agent, {.after = place});
  studio.run();
  const std::string missed = witness.read().reader().text().substr(seen);
  CHECK(again.read().reader().text() == "retry: 2000\n\n" + missed);
  CHECK(again.types() == "offers offers offers offers");
  CHECK(studio.agent.metrics().resumed.value() == 1);
}

TEST_CASE("the only one can go on where it was within a minute, and later begins anew") {
  Studio studio;
  auto first = std::make_unique<Client>(studio.agent, Subscription{});
  studio.run();
  const auto place = place_of(*first);
  first.reset();
  studio.run();
  CHECK(studio.agent.metrics().subscribers.value() == 0);
  studio.sell_out(1);
  studio.run();  // nobody listens: nothing is made
  CHECK(studio.agent.metrics().events.value() == 0);
  studio.advance(50 * kNsPerSecond);
  {
    Client again(studio.agent, {.after = place});
    studio.run();
    CHECK(again.types() == "offers offers");  // a price, and what was sold
  }
  studio.run();
  CHECK(studio.agent.sleep_at_most_ns() == 60 * kNsPerSecond);
  studio.advance(60 * kNsPerSecond);
  CHECK(studio.agent.sleep_at_most_ns() == Agent::kUntilCalled);
  Client late(studio.agent, {.after = place});
  studio.run();
  CHECK(late.types() == "snapshot snapshot tick");
  CHECK(studio.agent.metrics().resumed.value() == 1);
}

TEST_CASE("a place of another life, or one that is not there yet, is answered with a snapshot") {
  Studio studio;
  Client known(studio.agent, {});
  studio.run();
  const StreamPosition place = *place_of(known);
  Client stranger(studio.agent, {.after = StreamPosition{place.epoch + 1, 0}});
  Client dreamer(studio.agent, {.after = StreamPosition{place.epoch, 1}});
  studio.run();
  CHECK(stranger.types() == "snapshot snapshot tick");
  CHECK(dreamer.types() == "snapshot snapshot tick");
}

TEST_CASE("one campaign is all that who asked for one is told of") {
  Studio studio;
  Client other(studio.agent, {.campaign = CampaignIndex{1}});
  studio.run();
  CHECK(other.last_data().find("campaign-0") == std::string::npos);
  CHECK(other.types() == "snapshot tick");
  studio.sell_out(1);
  studio.advance(Studio::kInterval);
  CHECK(other.types() == "");
}

TEST_CASE("alerts are for operators") {
  Studio studio;
  Client customer(studio.agent, {}), clerk(studio.agent, {.alerts = true});
  studio.run();
  customer.types();
  clerk.types();
  studio.alerts.append({.kind = AlertKind::low_stock,
                        .campaign = {0},
                        .offer = OfferIndex{1},
                        .at = kOpens,
                        .allocated = 10,
                        .available = 1,
                        .held = 2,
                        .sold = 7});
  studio.run();
  CHECK(clerk.last_data() ==
        R"({"kind":"low_stock","raised":true,"campaign":"campaign-0","sku":"sku-1",)"
        R"("at":"2026-11-27T08:00:00Z","allocated":10,"available":1,"held":2,"sold":7})");
  CHECK(clerk.types() == "alert");
  CHECK(customer.types() == "");
}

TEST_CASE("who reads too slowly is dropped, and nobody else notices") {
  Studio studio(1000);
  Client slow(studio.agent, {}, 4096), quick(studio.agent, {});
  studio.run();
  quick.types();
  for (int round = 0; round < 12; ++round) {
    studio.sell_out(1);
    studio.advance(Studio::kInterval);
    studio.bring_back(1);
    studio.advance(kNsPerSecond);
    CHECK(quick.types().find("offers") != std::string::npos);
  }
  CHECK(studio.dropped() == 1);
  CHECK(slow.read().ended);
  CHECK_FALSE(quick.read().ended);
  CHECK(studio.agent.metrics().subscribers.value() == 1);
}

TEST_CASE("who reads slowly but reads gets everything in its order") {
  Studio studio(1000);
  Client slow(studio.agent, {}, 4096);
  for (int i = 0; i < 2000 && slow.read().reader().events.size() < 3; ++i) studio.run();
  CHECK(slow.types() == "snapshot snapshot tick");
  studio.sell_out(1);
  studio.advance(Studio::kInterval);
  CHECK(slow.types() == "offers");
  CHECK(studio.dropped() == 0);
}

TEST_CASE("a subscriber that hangs up or talks makes room for another") {
  Studio studio(2, 2);
  auto first = std::make_unique<Client>(studio.agent, Subscription{});
  Client second(studio.agent, {});
  studio.run();
  CHECK_FALSE(studio.agent.reserve());
  first.reset();
  studio.run();
  CHECK(studio.agent.reserve());
  studio.agent.give_back();
  second.say("a little is not minded");
  studio.run();
  CHECK_FALSE(second.read().ended);
  for (int i = 0; i < 20 && !second.read().ended; ++i) {
    second.say(std::string(8192, 'x'));
    studio.run();
  }
  CHECK(second.ended);
}

TEST_CASE("a comment is sent when there has been nothing to say for long, and nothing wakes us before") {
  Studio studio;
  studio.clock.set_wall(kCloses);
  Client client(studio.agent, {});
  studio.run();
  CHECK(client.types() == "snapshot snapshot");  // it is over: no countdown
  CHECK(studio.agent.sleep_at_most_ns() == 15 * kNsPerSecond);
  studio.advance(14 * kNsPerSecond);
  CHECK(client.read().reader().comments() == 0);
  studio.advance(kNsPerSecond);
  CHECK(client.read().reader().comments() == 1);
}

TEST_CASE("a drain sends what there is and ends every stream in good order") {
  Studio studio;
  Client plain(studio.agent, {}), packed(studio.agent, {.gzip = true});
  studio.run();
  CHECK(plain.types() == "snapshot snapshot tick");
  studio.agent.drain();
  CHECK(studio.agent.has_work());
  CHECK_FALSE(studio.agent.reserve());
  studio.run();
  CHECK(plain.read().ended);
  CHECK(packed.read().ended);
  CHECK(packed.reader().ended_in_order());
  CHECK(studio.agent.drained());
  CHECK_FALSE(studio.agent.has_work());
}

}  // namespace doorbuster
