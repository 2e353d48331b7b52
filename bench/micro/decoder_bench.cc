// From bytes to a buy, and from an order to bytes: the HTTP thread's work without the socket.

#include <array>
#include <string>

#include "doorbuster/base/check.h"
#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/http/http_request.h"
#include "doorbuster/http/order_replies.h"
#include "http/body_reader.h"
#include "http/quick_body.h"
#include "http/quick_head.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

const std::string kBody = R"({"campaign":"black-friday","sku":"tv-55-oled","quantity":1,"buyer":"b-829301"})";
const std::string kRequest =
    "POST /v1/buy HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: 8e03978e-40d5-43e8-bc93-6894a57f9324\r\nContent-Length: " +
    std::to_string(kBody.size()) + "\r\n\r\n" + kBody;

// The same behind a proxy, from a browser.
const std::string kGatewayRequest =
    "POST /v1/buy HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) "
    "AppleWebKit/537.36\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\nX-Forwarded-For: 10.1.2.3\r\n"
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
    "Content-Type: application/json\r\nAuthorization: Bearer dbk_kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n"
    "Idempotency-Key: 8e03978e-40d5-43e8-bc93-6894a57f9324\r\nContent-Length: " +
    std::to_string(kBody.size()) + "\r\n\r\n" + kBody;

std::string padded(const std::string& text) {
  return text + std::string(kBodyPaddingBytes, ' ');
}

template <typename Frame>
void frame(benchmark::State& state, const std::string& request, Frame frame_one) {
  const CountAllocations count(state);
  for (auto _ : state) {
    HttpRequest http;
    const Framing framing = frame_one(request, kBodyBytesDefault, http);
    DOORBUSTER_CHECK(framing.state == Framing::State::complete);
  }
}
void frame_buy(benchmark::State& state) {
  frame(state, kRequest, frame_request);
}
void frame_buy_strictly(benchmark::State& state) {
  frame(state, kRequest, frame_strictly);
}
void frame_gateway(benchmark::State& state) {
  frame(state, kGatewayRequest, frame_request);
}
void frame_gateway_strictly(benchmark::State& state) {
  frame(state, kGatewayRequest, frame_strictly);
}

template <typename Decode>
void decode(benchmark::State& state, Decode decode_one) {
  const std::string bytes = padded(kBody);
  const std::string_view json = std::string_view(bytes).substr(0, kBody.size());
  BuyBody body;
  DOORBUSTER_CHECK(decode_one(json, body));
  const CountAllocations count(state);
  for (auto _ : state) {
    const bool ok = decode_one(json, body);
    benchmark::DoNotOptimize(ok);
  }
}
void decode_buy(benchmark::State& state) {
  BuyDecoder decoder(kBodyBytesDefault);
  decode(state, [&](std::string_view json, BuyBody& body) { return decoder.decode(json, body); });
}
void decode_buy_strictly(benchmark::State& state) {
  BodyReader reader(kBodyBytesDefault);
  std::array<BuyLine, kBasketLinesMax> lines;
  decode(state,
         [&](std::string_view json, BuyBody& body) { return decode_strictly(reader, lines, json, body); });
}

void encode_sale(benchmark::State& state) {
  CampaignPut campaign;
  campaign.id = "black-friday";
  campaign.currency = "EUR";
  OfferPut offer;
  offer.sku = "tv-55-oled";
  Order order;
  order.number = OrderNumber::make({7}, 1234);
  order.quantity = 1;
  order.unit_price = 49'900;
  order.buyer = "b-829301";
  const std::string date = http_date({1'700'000'000 * kNsPerSecond});
  std::string out;
  out.reserve(4096);
  const CountAllocations count(state);
  for (auto _ : state) {
    out.clear();
    append_order_created(out, {.date = date},
                         {.id = format_order_id({1, 2}, order.number),
                          .order = &order,
                          .campaign = &campaign,
                          .offer = &offer,
                          .durable = true});
    benchmark::DoNotOptimize(out.data());
  }
}

void encode_refusal(benchmark::State& state) {
  const std::string date = http_date({1'700'000'000 * kNsPerSecond});
  std::string out;
  out.reserve(4096);
  append_refusal(out, {.date = date}, Outcome::sold_out);
  const CountAllocations count(state);
  for (auto _ : state) {
    out.clear();
    append_refusal(out, {.date = date}, Outcome::sold_out);
    benchmark::DoNotOptimize(out.data());
  }
}

BENCHMARK(frame_buy)->Name("http/frame/smoke");
BENCHMARK(frame_buy_strictly)->Name("http/frame_strictly/smoke");
BENCHMARK(frame_gateway)->Name("http/frame_gateway/smoke");
BENCHMARK(frame_gateway_strictly)->Name("http/frame_gateway_strictly/smoke");
BENCHMARK(decode_buy)->Name("http/decode/smoke");
BENCHMARK(decode_buy_strictly)->Name("http/decode_strictly/smoke");
BENCHMARK(encode_sale)->Name("http/encode_sale/smoke");
BENCHMARK(encode_refusal)->Name("http/encode_refusal/smoke");

}  // namespace
}  // namespace doorbuster::bench
