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
#include "unit/load/fake_orders.h"

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

Response to_response(FakeReply from) {
  Response response = reply(from.status, std::move(from.body));
  if (from.replayed) response.set("Idempotent-Replayed", "true");
  return response;
}

Response refusal(unsigned status, std::string_view code) {
  return to_response(fake_refusal(status, code));
}

}  // namespace

class FakeShop::Server {
 public:
  Server(FakeState& state, FakeOptions options)
      : state_(state),
        options_(options),
        orders_(state, options.fault),
        acceptor_(io_, tcp::endpoint(tcp::v4(), options.port)) {
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
    orders_.tick(SystemClock().wall_now().ns);
    const std::string path(request.target());
    const std::string key(request["Idempotency-Key"]);
    const bool posts = request.method() == http::verb::post;
    if (posts && path == "/v1/buy") return buy(request, key);
    if (path == "/v1/campaigns") {
      return reply(200,
                   R"({"campaigns":[{"id":"later","state":"scheduled"},{"id":"demo","state":"active"}]})");
    }
    if (path == "/v1/campaigns/demo") return campaign();
    if (path == "/v1/admin/campaigns/demo") return stock();
    constexpr std::string_view kOrders = "/v1/orders/";
    constexpr std::string_view kLine = "/v1/waitlist/";
    if (path.starts_with(kLine)) {
      const std::string ticket = path.substr(kLine.size());
      const bool leaves = request.method() == http::verb::delete_;
      return to_response(leaves ? orders_.leave(ticket) : orders_.look(ticket));
    }
    if (!path.starts_with(kOrders)) return refusal(404, "not_found");
    const std::string name = path.substr(kOrders.size());
    if (!posts) return to_response(orders_.order(name));
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return refusal(404, "not_found");
    if (is_overloaded()) return refusal(503, "overloaded");
    const auto document = JsonDocument::parse(request.body().empty() ? "{}" : request.body());
    if (!document) return refusal(400, "malformed_request");
    return to_response(orders_.step(name.substr(0, slash), name.substr(slash + 1), document->root(), key));
  }

  bool is_overloaded() { return options_.overloaded_every > 0 && ++asked_ % options_.overloaded_every == 0; }

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
    return reply(
        200, fmt::format(R"({{"id":"demo","limit_per_buyer_total":{},"hold_max_seconds":{},"offers":[{}]}})",
                         state_.limit_per_buyer_total, state_.hold_max_seconds, orders_.stock_json()));
  }

  Response buy(const Request& request, const std::string& key) {
    ++state_.buys;
    if (options_.stop_after_buys > 0 && state_.buys > options_.stop_after_buys) stopped_ = true;
    if (options_.fault == Fault::answers_nonsense && state_.buys % 10 == 0) return refusal(418, "teapot");
    if (is_overloaded()) return refusal(503, "overloaded");
    const auto document = JsonDocument::parse(request.body());
    if (!document) return refusal(400, "malformed_request");
    return to_response(orders_.buy(document->root(), key));
  }

  FakeState& state_;
  const FakeOptions options_;
  FakeOrders orders_;
  std::set<Session*> sessions_;  // outlives io_, whose last handlers own sessions
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
  bool stopped_ = false;
  int replies_ = 0;
  int asked_ = 0;
};

FakeShop::FakeShop(FakeState& state, FakeOptions options)
    : server_(std::make_unique<Server>(state, options)) {}
FakeShop::~FakeShop() = default;
std::uint16_t FakeShop::port() const {
  return server_->port();
}

}  // namespace doorbuster::load::testing
