#include "unit/load/fake_shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/platform/clock.h"

namespace doorbuster::load::testing {
namespace {

namespace http = boost::beast::http;
using tcp = boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

Response reply(unsigned status, std::string body) {
  Response response(http::status(status), 11);
  response.set(http::field::content_type, status < 300 ? "application/json" : "application/problem+json");
  response.body() = std::move(body);
  return response;
}

Response refusal(unsigned status, std::string_view code) {
  return reply(status,
               fmt::format(R"({{"type":"about:blank","title":"no","status":{},"code":"{}"}})", status, code));
}

std::string text_of(const JsonNode& object, std::string_view key) {
  const JsonNode* node = object.find(key);
  return node != nullptr && node->is(JsonType::string) ? std::string(node->string()) : "";
}

std::int64_t number_of(const JsonNode& object, std::string_view key, std::int64_t otherwise) {
  const JsonNode* node = object.find(key);
  return node != nullptr && node->is(JsonType::integer) ? node->integer() : otherwise;
}

}  // namespace

class FakeShop::Server {
 public:
  Server(FakeState& state, FakeOptions options)
      : state_(state), options_(options), acceptor_(io_, tcp::endpoint(tcp::v4(), options.port)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Session : std::enable_shared_from_this<Session> {
    Session(Server& owner, tcp::socket accepted) : server(owner), socket(std::move(accepted)) {
      server.sessions_.insert(this);
    }
    ~Session() { server.sessions_.erase(this); }
    void read() {
      request = {};
      http::async_read(socket, buffer, request,
                       [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                         if (!error) self->answer();
                       });
    }
    void answer() {
      response = server.handle(request);
      if (server.stopped_) return server.hang_up();
      if (server.options_.close_every > 0 && ++server.replies_ % server.options_.close_every == 0) {
        response.keep_alive(false);
      }
      response.prepare_payload();
      http::async_write(socket, response, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
        if (!error && self->response.keep_alive()) self->read();
      });
    }
    Server& server;
    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    Request request;
    Response response;
  };

  void accept() {
    acceptor_.async_accept([this](const ErrorCode& error, tcp::socket socket) {
      if (error) return;
      ErrorCode ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Session>(*this, std::move(socket))->read();
      accept();
    });
  }

  void hang_up() {
    ErrorCode ignored;
    acceptor_.close(ignored);
    for (Session* session : sessions_) session->socket.close(ignored);
  }

  Response handle(const Request& request) {
    const std::string path(request.target());
    if (request.method() == http::verb::post && path == "/v1/buy") return buy(request);
    if (path == "/v1/campaigns") {
      return reply(200,
                   R"({"campaigns":[{"id":"later","state":"scheduled"},{"id":"demo","state":"active"}]})");
    }
    if (path == "/v1/campaigns/demo") return campaign();
    if (path == "/v1/admin/campaigns/demo") return stock();
    constexpr std::string_view kOrders = "/v1/orders/";
    if (path.starts_with(kOrders)) return order(path.substr(kOrders.size()));
    return refusal(404, "not_found");
  }

  Response campaign() const {
    const Tick now = SystemClock().wall_now();
    const std::int64_t early = options_.fault == Fault::opens_too_early ? 3600 * kNsPerSecond : -kNsPerSecond;
    std::string offers;
    for (const FakeOffer& offer : state_.offers) {
      offers +=
          fmt::format(R"({}{{"sku":"{}","price":{}}})", offers.empty() ? "" : ",", offer.sku, offer.price);
    }
    return reply(
        200, fmt::format(R"({{"id":"demo","state":"active","server_time":"{}","starts_at":"{}","ends_at":"{}",
                                      "limit_per_buyer":{},"offers":[{}]}})",
                         format_rfc3339(now), format_rfc3339({now.ns + early}),
                         format_rfc3339({now.ns + 7200 * kNsPerSecond}), state_.limit_per_buyer, offers));
  }

  Response stock() const {
    std::string offers;
    for (const FakeOffer& offer : state_.offers) {
      const std::int64_t wrong = options_.fault == Fault::counts_wrongly ? 1 : 0;
      offers += fmt::format(R"({}{{"sku":"{}","allocated":{},"available":{},"held":0,"sold":{}}})",
                            offers.empty() ? "" : ",", offer.sku, offer.stock,
                            offer.stock - offer.sold + wrong, offer.sold);
    }
    return reply(200, fmt::format(R"({{"id":"demo","offers":[{}]}})", offers));
  }

  Response order(const std::string& name) const {
    const auto found = state_.orders.find(name);
    if (found == state_.orders.end()) return refusal(404, "order_not_found");
    return reply(200, order_json(found->second));
  }

  std::string order_json(const FakeOrder& order) const {
    return fmt::format(R"({{"order":"{}","status":"confirmed","campaign":"demo","sku":"{}","quantity":{},
                           "unit_price":{},"currency":"EUR","buyer":"{}","durable":true}})",
                       order.order, order.sku, order.quantity, order.price,
                       options_.fault == Fault::changes_the_buyer ? "somebody" : order.buyer);
  }

  Response buy(const Request& request) {
    ++state_.buys;
    if (options_.stop_after_buys > 0 && state_.buys > options_.stop_after_buys) stopped_ = true;
    if (options_.fault == Fault::answers_nonsense && state_.buys % 10 == 0) return refusal(418, "teapot");
    if (options_.overloaded_every > 0 && state_.buys % options_.overloaded_every == 0)
      return refusal(503, "overloaded");
    const auto document = JsonDocument::parse(request.body());
    if (!document) return refusal(400, "malformed_request");
    const JsonNode& body = document->root();
    FakeOrder wanted{.order = "",
                     .sku = text_of(body, "sku"),
                     .buyer = text_of(body, "buyer"),
                     .key = std::string(request["Idempotency-Key"]),
                     .quantity = number_of(body, "quantity", 1),
                     .price = 0};
    const auto offer = std::find_if(state_.offers.begin(), state_.offers.end(),
                                    [&](const FakeOffer& each) { return each.sku == wanted.sku; });
    if (offer == state_.offers.end()) return refusal(404, "sku_not_found");
    wanted.price = offer->price;
    const auto known = state_.order_of_key.find(wanted.key + " " + wanted.sku);
    if (!wanted.key.empty() && known != state_.order_of_key.end() && options_.fault != Fault::forgets_keys) {
      const FakeOrder& first = state_.orders.at(known->second);
      if (first.quantity == wanted.quantity && first.buyer == wanted.buyer) {
        Response again = reply(201, order_json(first));
        if (options_.fault != Fault::hides_replays) again.set("Idempotent-Replayed", "true");
        return again;
      }
      if (options_.fault != Fault::accepts_reused_keys) return refusal(422, "idempotency_key_reused");
      return sell(*offer, std::move(wanted));
    }
    std::int64_t bought = 0;
    for (const auto& [name, order] : state_.orders) {
      if (order.buyer == wanted.buyer && order.sku == wanted.sku) bought += order.quantity;
    }
    if (bought + wanted.quantity > state_.limit_per_buyer && options_.fault != Fault::ignores_the_limit) {
      return refusal(409, "limit_reached");
    }
    if (number_of(body, "expected_price", offer->price) < offer->price &&
        options_.fault != Fault::ignores_expected_price) {
      return refusal(409, "price_changed");
    }
    const std::int64_t kept_back = options_.fault == Fault::oversells       ? -3
                                   : options_.fault == Fault::strands_stock ? 2
                                                                            : 0;
    if (offer->sold + wanted.quantity > offer->stock - kept_back) return refusal(409, "sold_out");
    return sell(*offer, std::move(wanted));
  }

  Response sell(FakeOffer& offer, FakeOrder wanted) {
    ++sales_;
    // One in ten goes wrong, so that it cannot always hit a visitor who does not see the reply.
    const bool unlucky = sales_ % 10 == 3;
    const bool shares_name = unlucky && options_.fault == Fault::same_name_for_two;
    const bool lost = unlucky && options_.fault == Fault::loses_an_order;
    const std::string name =
        fmt::format("order-{:05}", state_.orders.size() + forgotten_ + (shares_name ? 0 : 1));
    wanted.order = name;
    offer.sold += wanted.quantity;
    if (unlucky && options_.fault == Fault::doubles_an_order) offer.sold += wanted.quantity;
    Response response = reply(201, order_json(wanted));
    if (lost || shares_name) {
      forgotten_ += lost ? 1 : 0;
      return response;
    }
    if (!wanted.key.empty()) state_.order_of_key[wanted.key + " " + wanted.sku] = name;
    state_.orders[name] = std::move(wanted);
    return response;
  }

  FakeState& state_;
  const FakeOptions options_;
  std::set<Session*> sessions_;  // outlives io_, whose last handlers own sessions
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
  bool stopped_ = false;
  int replies_ = 0;
  int sales_ = 0;
  std::size_t forgotten_ = 0;
};

FakeShop::FakeShop(FakeState& state, FakeOptions options)
    : server_(std::make_unique<Server>(state, options)) {}
FakeShop::~FakeShop() = default;
std::uint16_t FakeShop::port() const {
  return server_->port();
}

}  // namespace doorbuster::load::testing
