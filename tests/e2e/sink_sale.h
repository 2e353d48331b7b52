#pragma once
// A sale whose events go to sinks, and what its buyers were told: what every sink must come to.

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {

class SinkSale {
 public:
  // `sinks`: elements of the configuration's array.
  explicit SinkSale(const std::string& sinks, const std::string& server = {})
      : shop({.campaigns = {{.rules = R"(,"hold_seconds":3600)",
                             .offers = {{.sku = "tv", .stock = 1'000'000}}}},
              .server = server,
              .cores = 2,
              .more = ",\"sinks\":[" + sinks + "]"}) {}

  // Holds so many, and confirms or cancels some of them.
  void sell(int orders) {
    HttpConnection client = shop.connect();
    for (int i = 0; i < orders; ++i, ++next_) {
      const HttpReply held = client.exchange(buy_request(
          {.sku = "tv", .buyer = "b-" + std::to_string(next_), .reference = "r-" + std::to_string(next_)}));
      REQUIRE(held.status == 201);
      const std::string order = held.at("/order");
      status_of[order] = "held";
      if (next_ % 3 == 0) end(client, order, "confirm", "confirmed");
      if (next_ % 5 == 1) end(client, order, "cancel", next_ % 3 == 0 ? "confirmed" : "cancelled");
    }
  }
  void restart() {
    shop.server().kill();
    shop.start();
  }
  HttpReply sink(const std::string& id) const { return shop.admin("/v1/admin/sinks/" + id); }
  // Until the sink has everything.
  HttpReply wait_for(const std::string& id, const std::string& member = "/lag",
                     const std::string& value = "0") const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    for (;;) {
      HttpReply reply = sink(id);
      const bool delivers = member != "/lag" || reply.at("/state") == "delivering";
      if (reply.at(member) == value && delivers) return reply;
      if (std::chrono::steady_clock::now() > until) {
        throw std::runtime_error("sink " + id + ": " + member + " did not become " + value + ": " +
                                 reply.body);
      }
      std::this_thread::yield();
    }
  }

  Shop shop;
  std::map<std::string, std::string> status_of;  // as the buyers were told

 private:
  void end(HttpConnection& client, const std::string& order, const std::string& action,
           const std::string& status) {
    const HttpReply reply = client.exchange(post_request("/v1/orders/" + order + "/" + action, "{}"));
    const bool refused = action == "cancel" && status == "confirmed";
    REQUIRE(reply.status == (refused ? 409 : 200));
    status_of[order] = status;
  }

  int next_ = 0;
};

// What events say of an order, one after the other.
inline void follow(std::map<std::string, std::string>& status_of, const std::string& event) {
  const std::string type = json_at(event, "/type");
  constexpr std::string_view kOrders = "doorbuster.order.";
  if (type.starts_with(kOrders)) status_of[json_at(event, "/subject")] = type.substr(kOrders.size());
}

}  // namespace doorbuster
