// More than can be served: what is shed, what never is, and how a thread knows.

#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "desk.h"
#include "doorbuster/http/http_agent.h"
#include "local_socket.h"

namespace doorbuster {
namespace {

const std::string kBuy =
    request_text("POST", "/v1/buy", kJsonType, R"({"campaign":"campaign-0","sku":"sku-0","buyer":"b-1"})");
const std::string kOrderPath = "/v1/orders/" + order_name_text(OrderNumber::make({0}, 1));
const std::string kRead = request_text("GET", kOrderPath);
const std::string kConfirm = request_text("POST", kOrderPath + "/confirm");
const std::string kCampaigns = request_text("GET", "/v1/campaigns");

TEST_CASE("a late turn sheds reads first, then buys, and never what happens to an order") {
  Desk desk;
  const auto is_shed = [&desk](const std::string& bytes) {
    desk.shed = false;
    Request* request = desk.ask(bytes);
    if (request != nullptr) desk.answer(request);
    if (desk.shed) {
      CHECK(request == nullptr);
      CHECK(desk.outcome == Outcome::overloaded);
      CHECK(parse(desk.text).header("Retry-After") == "1");
    }
    return desk.shed;
  };
  struct Turn {
    std::int64_t ns;
    bool sheds_reads, sheds_buys;
  };
  constexpr std::int64_t reads = kReadTurnMsMax * kNsPerMillisecond, buys = kBuyTurnMsMax * kNsPerMillisecond;
  for (const Turn& turn : {Turn{0, false, false}, Turn{reads, false, false}, Turn{reads + 1, true, false},
                           Turn{buys, true, false}, Turn{buys + 1, true, true}}) {
    CAPTURE(turn.ns);
    desk.turn_ns = turn.ns;
    CHECK(is_shed(kRead) == turn.sheds_reads);
    CHECK(is_shed(kCampaigns) == turn.sheds_reads);
    CHECK(is_shed(kBuy) == turn.sheds_buys);
    CHECK_FALSE(is_shed(kConfirm));
  }
}

TEST_CASE("a refusal that needs no shard is given as it is, however late") {
  Desk desk;
  desk.turn_ns = kNsPerSecond;
  desk.clock.set_wall(kCloses);
  CHECK(desk.told(kBuy) == Outcome::campaign_ended);
  CHECK_FALSE(desk.shed);
}

TEST_CASE("of a full pool the last part is kept for what happens to orders, and the one before for buys") {
  Desk desk({campaign_put(0)}, {offer_put(0, 5)}, 2 * kRequestsKeptOneIn);
  std::vector<Request*> taken;
  const auto take_all = [&](const std::string& bytes) {
    const std::size_t before = taken.size();
    while (Request* request = desk.ask(bytes)) taken.push_back(request);
    CHECK(desk.outcome == Outcome::overloaded);
    CHECK_FALSE(desk.shed);
    return taken.size() - before;
  };
  CHECK(take_all(kRead) == 2 * kRequestsKeptOneIn - 4);
  CHECK(take_all(kBuy) == 2);
  CHECK(take_all(kRead) == 0);
  CHECK(take_all(kConfirm) == 2);
  for (Request* request : taken) desk.answer(request);
}

// Takes as long as the test says for each request, and remembers how late each was.
class SlowHandler final : public Handler {
 public:
  SlowHandler(ManualClock& clock, std::vector<std::int64_t>& turns_ns) : clock_(clock), turns_ns_(turns_ns) {}
  Request* handle(const HttpRequest&, const RequestContext& context, std::string& out,
                  Outcome& outcome) override {
    turns_ns_.push_back(context.turn_ns);
    clock_.advance_ns(kNsPerMillisecond);
    outcome = Outcome::ok;
    out += "HTTP/1.1 204 No Content\r\n\r\n";
    return nullptr;
  }
  Outcome append_answer(const Request&, const ReplyFrame&, std::string&) override { return Outcome::ok; }

 private:
  ManualClock& clock_;
  std::vector<std::int64_t>& turns_ns_;
};

class Sockets {
 public:
  ~Sockets() {
    for (const int socket : all_) ::close(socket);
  }
  void connect(const std::string& host_port) { all_.push_back(connect_to(host_port)); }
  void ask() {
    for (const int socket : all_)
      REQUIRE(::send(socket, kBuy.data(), kBuy.size(), 0) == static_cast<ssize_t>(kBuy.size()));
  }

 private:
  std::vector<int> all_;
};

TEST_CASE("a turn serves each connection once, however many rounds it takes, and then begins anew") {
  constexpr std::size_t kRound = 256, connections = 2 * kRound + 88;
  ManualClock clock(kOpens);
  std::vector<std::int64_t> turns_ns;
  Notifier notifier;
  HttpAgent agent({}, std::make_unique<SlowHandler>(clock, turns_ns), nullptr, notifier, clock);
  std::string bound;
  const auto listening = listen_on("127.0.0.1:0", 1, bound);
  REQUIRE(listening.has_value());
  agent.listen(listening->front());
  Sockets sockets;
  for (std::size_t i = 0; i < connections; ++i) sockets.connect(bound);
  while (agent.metrics().connections_accepted.value() < connections) agent.do_work();

  for (int turn = 0; turn < 2; ++turn) {
    turns_ns.clear();
    sockets.ask();
    while (turns_ns.size() < connections) agent.do_work();
    for (std::size_t i = 0; i < connections; ++i) {
      CAPTURE(turn, i);
      const auto before = static_cast<std::int64_t>(i - i % kRound);
      REQUIRE(turns_ns[i] == before * kNsPerMillisecond);
    }
  }
}

}  // namespace
}  // namespace doorbuster
