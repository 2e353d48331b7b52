#pragma once
// The public handler and its door, without shards: the test sees what a shard would be asked, and gives the
// answers.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/http/public_handler.h"
#include "parsed_reply.h"
#include "support/shop.h"

namespace doorbuster {

inline OrderId order_name(OrderNumber number) {
  return format_order_id(kOrderIdKey, number);
}
inline std::string order_name_text(OrderNumber number) {
  const OrderId id = order_name(number);
  return {id.data(), id.size()};
}

// The bytes of a request; `headers` are lines with their ends.
inline std::string request_text(const std::string& method, const std::string& path,
                                const std::string& headers = {}, const std::string& body = {}) {
  return method + " " + path + " HTTP/1.1\r\nHost: shop\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body;
}
inline const std::string kJsonType = "Content-Type: application/json\r\n";

class Desk {
 public:
  explicit Desk(std::vector<CampaignPut> campaigns = {campaign_put(0)},
                std::vector<OfferPut> offers = {offer_put(0, 5)}, std::uint32_t requests_max = 4,
                AudienceCheck audience = {})
      : board(100),
        door_(0, {}, board, cell_, {kTableKey, kOrderIdKey}, requests_max),
        handler_(door_, clock, kBodyBytesDefault, std::move(audience)) {
    cell_.set(catalog_of(std::move(campaigns), std::move(offers)));
  }

  // What becomes of these bytes: the request for a shard, or null and the reply in `reply` and `outcome`.
  Request* ask(const std::string& bytes) {
    std::string padded = bytes + std::string(kBodyPaddingBytes, '"');
    HttpRequest http;
    const Framing framing = frame_request({padded.data(), bytes.size()}, kBodyBytesDefault, http);
    REQUIRE(framing.state == Framing::State::complete);
    REQUIRE(framing.bytes == bytes.size());
    const RequestContext context = {.frame = {.date = kDate, .head_only = http.method == Method::head},
                                    .received_ns = 0,
                                    .turn_ns = turn_ns,
                                    .shed = &shed,
                                    .draining = draining};
    text.clear();
    Request* request = handler_.handle(http, context, text, outcome);
    // Nothing in a request points into the connection's buffer, which is another one's by now.
    std::fill(padded.begin(), padded.end(), '#');
    REQUIRE((request != nullptr) == text.empty());
    return request;
  }
  Request* ask_shard(const std::string& bytes) {
    Request* request = ask(bytes);
    INFO(text);
    REQUIRE(request != nullptr);
    return request;
  }
  // The outcome of a request that needs no shard.
  Outcome told(const std::string& bytes) {
    Request* request = ask(bytes);
    if (request != nullptr) door_.give_back(request);
    REQUIRE(request == nullptr);
    return outcome;
  }
  // Whether a shard would be asked.
  bool asks(const std::string& bytes) {
    Request* request = ask(bytes);
    if (request != nullptr) door_.give_back(request);
    return request != nullptr;
  }
  // The reply to a request that a shard has answered.
  Parsed answer(Request* request) {
    text.clear();
    outcome = handler_.append_answer(*request, {.date = kDate, .head_only = request->head_only}, text);
    door_.give_back(request);
    return parse(text);
  }

  ManualClock clock{kOpens};
  Board board;
  bool draining = false, shed = false;
  std::int64_t turn_ns = 0;
  std::string text;
  Outcome outcome = Outcome::ok;

 private:
  CatalogCell cell_;
  EngineDoor door_;
  PublicHandler handler_;
};

}  // namespace doorbuster
