// When no request of the pool is free: buys wait in the order of their connections, for a bounded time, and
// nothing else waits with them. The shipped HTTP agent, handler and shards, on real sockets, by hand.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "desk.h"
#include "doorbuster/http/http_agent.h"
#include "local_socket.h"
#include "support/house.h"

namespace doorbuster {
namespace {

constexpr std::uint32_t kRequests = 2 * kRequestsKeptOneIn;
constexpr std::uint32_t kRoomForBuys = kRequests - 2;
constexpr std::int64_t kWaitNs = kRoomWaitMsMax * kNsPerMillisecond;

enum class Reads { all, little };

class Client {
 public:
  Client(const std::string& host_port, Reads reads)
      : socket_(connect_to(host_port, [reads](int socket) {
          // Without it the kernel keeps what is sent until the peer has acknowledged what was sent before.
          const int on = 1;
          REQUIRE(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
          if (reads == Reads::all) return;
          const int bytes = 1;  // as few as the kernel has
          REQUIRE(::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0);
        })) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void send(const std::string& bytes) {
    REQUIRE(::send(socket_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  void buy(const std::string& buyer, std::uint32_t times = 1) {
    std::string all;
    for (std::uint32_t i = 0; i < times; ++i) {
      all += request_text("POST", "/v1/buy", kJsonType,
                          R"({"campaign":"campaign-0","sku":"sku-0","buyer":")" + buyer + "\"}");
    }
    send(all);
  }
  // What came since the last call, as a count of replies of each status.
  std::map<int, std::size_t> replies() {
    std::string text(1U << 20, '\0');
    const ssize_t bytes = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    std::map<int, std::size_t> found;
    constexpr std::string_view kStatus = "HTTP/1.1 ";
    for (auto at = text.find(kStatus); at != std::string::npos; at = text.find(kStatus, at + 1))
      ++found[std::stoi(text.substr(at + kStatus.size(), 3))];
    return found;
  }

 private:
  int socket_;
};

using Replies = std::map<int, std::size_t>;

class Shop {
 public:
  explicit Shop(const AccessCell& access = open_access(), const HttpOptions& options = {})
      : estate_({{campaign_put(0)}, {offer_put(0, 1000)}}, {.http_threads = 1, .requests_max = kRequests}),
        agent_(options,
               std::make_unique<PublicHandler>(door(), clock(), kBodyBytesDefault, AudienceCheck{}, access),
               &door(), notifier_, clock()) {
    const auto listening = listen_on("127.0.0.1:0", 1, address_);
    REQUIRE(listening.has_value());
    agent_.listen(listening->front());
  }

  std::unique_ptr<Client> connect(Reads reads = Reads::all) {
    const std::uint64_t before = agent_.metrics().connections_accepted.value();
    auto client = std::make_unique<Client>(address_, reads);
    while (agent_.metrics().connections_accepted.value() == before) agent_.do_work();
    return client;
  }
  // A client whose buys take all the room that there is.
  std::unique_ptr<Client> connect_crowd() {
    auto crowd = connect();
    crowd->buy("crowd", kRoomForBuys);
    serve();
    REQUIRE(door().in_use() == kRoomForBuys);
    return crowd;
  }
  // The HTTP thread, until it would sleep.
  void serve() {
    while (agent_.do_work() != 0) {
    }
  }
  // Asks for so much without reading it that a reply cannot be written.
  void fill_socket(Client& client) {
    const Counter& sent = agent_.metrics().bytes_sent;
    for (std::uint64_t before = sent.value() - 1; sent.value() != before;) {
      before = sent.value();
      client.send(request_text("GET", "/v1/campaigns"));
      serve();
    }
  }
  // All threads, until nothing is left to do.
  void settle() {
    do {
      estate_.house->settle();
      serve();
    } while (door().in_use() != 0);
  }
  std::vector<std::string> buyers() {
    std::vector<std::string> found;
    Engine& engine = estate_.house->owner({0});
    for (const OrderNumber number : estate_.house->numbers({0}))
      found.emplace_back(engine.order(*engine.find(number)).buyer);
    return found;
  }

  HttpAgent& agent() { return agent_; }
  EngineDoor& door() { return estate_.house->door(); }
  ManualClock& clock() { return estate_.clock; }
  std::uint64_t waits() const { return agent_.metrics().room_waits.value(); }
  std::uint64_t refused() const { return agent_.metrics().overloaded_requests.value(); }

 private:
  Estate estate_;
  Notifier notifier_;
  std::string address_;
  HttpAgent agent_;
};

TEST_CASE("buys wait for room in the order of their connections, and nothing else waits with them") {
  Shop shop;
  const auto crowd = shop.connect_crowd();
  const auto first = shop.connect(), second = shop.connect(), third = shop.connect();
  first->buy("first", 3);
  shop.serve();
  second->buy("second", kRoomForBuys);
  shop.serve();
  third->buy("third");
  shop.serve();
  CHECK(shop.waits() == 3);
  CHECK(shop.refused() == 0);
  CHECK(first->replies().empty());

  // Reads are refused at once; what happens to orders has room of its own.
  const std::string path = "/v1/orders/" + order_name_text(OrderNumber::make({0}, 1 << 20));
  const auto reader = shop.connect();
  reader->send(request_text("GET", path));
  shop.serve();
  CHECK(reader->replies() == Replies{{503, 1}});
  CHECK(shop.refused() == 1);
  reader->send(request_text("POST", path + "/confirm"));
  shop.serve();
  CHECK(shop.door().in_use() == kRoomForBuys + 1);

  shop.settle();
  CHECK(crowd->replies() == Replies{{201, kRoomForBuys}});
  CHECK(reader->replies() == Replies{{404, 1}});
  CHECK(first->replies() == Replies{{201, 3}});
  CHECK(second->replies() == Replies{{201, kRoomForBuys}});
  CHECK(third->replies() == Replies{{201, 1}});
  CHECK(shop.waits() == 3);
  CHECK(shop.refused() == 1);
  std::vector<std::string> expected(kRoomForBuys, "crowd");
  expected.insert(expected.end(), 3, "first");
  expected.insert(expected.end(), kRoomForBuys, "second");
  expected.emplace_back("third");
  CHECK(shop.buyers() == expected);
}

TEST_CASE("who has had its turn does not overtake those that wait") {
  Shop shop(open_access(), {.max_pipeline = kRoomForBuys});
  const auto crowd = shop.connect();
  crowd->buy("crowd", kRoomForBuys + 2);  // the last two are in its buffer when its replies make room
  shop.serve();
  const auto waiting = shop.connect();
  waiting->buy("waiting");
  shop.settle();
  CHECK(crowd->replies() == Replies{{201, kRoomForBuys + 2}});
  CHECK(waiting->replies() == Replies{{201, 1}});
  std::vector<std::string> expected(kRoomForBuys, "crowd");
  expected.insert(expected.end(), {"waiting", "crowd", "crowd"});
  CHECK(shop.buyers() == expected);
}

TEST_CASE("who has waited long enough is told so, and costs those who are served nothing") {
  Shop shop;
  const auto crowd = shop.connect_crowd();
  const auto waiting = shop.connect();
  waiting->buy("waiting", 3);
  shop.serve();
  shop.clock().advance_ns(kWaitNs);
  shop.serve();
  CHECK(waiting->replies().empty());
  shop.clock().advance_ns(1);
  shop.serve();
  CHECK(waiting->replies() == Replies{{503, 3}});
  CHECK(shop.refused() == 3);
  // The next ones wait for as long again.
  waiting->buy("waiting");
  shop.serve();
  CHECK(shop.waits() == 2);
  shop.clock().advance_ns(kWaitNs);
  shop.serve();
  CHECK(waiting->replies().empty());
  shop.settle();
  CHECK(crowd->replies() == Replies{{201, kRoomForBuys}});
  CHECK(waiting->replies() == Replies{{201, 1}});
}

TEST_CASE("in one cycle only some give up, and with room nobody does") {
  constexpr std::size_t kGivenUp = 16, kWaiting = 2 * kGivenUp + kRoomForBuys;
  Shop shop;
  const auto crowd = shop.connect_crowd();
  std::vector<std::unique_ptr<Client>> waiting;
  for (std::size_t i = 0; i < kWaiting; ++i) {
    waiting.push_back(shop.connect());
    waiting.back()->buy("w");
  }
  shop.serve();
  REQUIRE(shop.waits() == kWaiting);
  shop.clock().advance_ns(kWaitNs + 1);
  shop.agent().do_work();
  CHECK(shop.refused() == kGivenUp);
  shop.agent().do_work();
  CHECK(shop.refused() == 2 * kGivenUp);
  // It is late for the rest too, but now there is room.
  shop.settle();
  CHECK(shop.refused() == 2 * kGivenUp);
  CHECK(shop.buyers().size() == 2 * kRoomForBuys);
}

TEST_CASE("a client that has gone while it waited is in nobody's way") {
  Shop shop;
  const auto crowd = shop.connect_crowd();
  std::vector<std::unique_ptr<Client>> waiting;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    waiting.push_back(shop.connect());
    waiting.back()->buy(name);
    shop.serve();
  }
  REQUIRE(shop.waits() == 5);
  for (const std::size_t gone : {0U, 2U, 4U}) waiting[gone]->close();
  shop.settle();
  CHECK(waiting[1]->replies() == Replies{{201, 1}});
  CHECK(waiting[3]->replies() == Replies{{201, 1}});
}

// Its replies cannot be written, so the server ends it, wherever it stands in the line.
TEST_CASE("who is closed while it waits leaves the line") {
  constexpr std::int64_t kTimeoutNs = kWaitNs / 2;
  Shop shop(open_access(), {.write_timeout_ns = kTimeoutNs});
  const auto crowd = shop.connect_crowd();
  std::vector<std::unique_ptr<Client>> line;
  for (const Reads reads : {Reads::little, Reads::all, Reads::little, Reads::little, Reads::all}) {
    line.push_back(shop.connect(reads));
    if (reads == Reads::little) shop.fill_socket(*line.back());
    line.back()->buy("b");
    shop.serve();
  }
  REQUIRE(shop.waits() == 5);
  shop.clock().advance_ns(kTimeoutNs);
  while (shop.agent().metrics().connections_closed.value() < 3) shop.agent().do_work();
  CHECK(shop.agent().metrics().timeouts_write.value() == 3);
  shop.settle();
  CHECK(line[1]->replies() == Replies{{201, 1}});
  CHECK(line[4]->replies() == Replies{{201, 1}});
  CHECK(shop.buyers().size() == kRoomForBuys + 2);
}

TEST_CASE("when the server stops, those that wait are told so at once") {
  Shop shop;
  const auto crowd = shop.connect_crowd();
  const auto first = shop.connect(), second = shop.connect();
  first->buy("first");
  shop.serve();
  second->buy("second");
  shop.serve();
  shop.agent().drain();
  shop.serve();
  CHECK(first->replies() == Replies{{503, 1}});
  CHECK(second->replies() == Replies{{503, 1}});
  CHECK(shop.refused() == 0);  // `draining`, and not for want of room
  CHECK(shop.buyers().empty());
  shop.settle();
  CHECK(crowd->replies() == Replies{{201, kRoomForBuys}});
}

TEST_CASE("waiting costs a tenant's rate nothing: it is one request") {
  Configuration configuration;
  configuration.tenants = {
      {.id = "default", .rate_limit = RateLimit{.requests_per_second = 1, .burst = kRoomForBuys + 2}}};
  AccessCell access;
  access.set(std::make_shared<const AccessTable>(configuration, Catalog(), AccessTable{}));
  Shop shop(access);
  const auto crowd = shop.connect_crowd();
  const auto waiting = shop.connect();
  waiting->buy("waiting", 3);
  shop.serve();
  CHECK(shop.waits() == 1);
  shop.settle();
  CHECK(waiting->replies() == Replies{{201, 2}, {429, 1}});
}

}  // namespace
}  // namespace doorbuster
