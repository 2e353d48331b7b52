// From bytes to a buy, and from an order to bytes: the HTTP thread's work without the socket.

#include <string>

#include "doorbuster/base/check.h"
#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/http/http_request.h"
#include "doorbuster/http/order_replies.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

const std::string kBody = R"({"campaign":"black-friday","sku":"tv-55-oled","quantity":1,"buyer":"b-829301"})";
const std::string kRequest =
    "POST /v1/buy HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: 8e03978e-40d5-43e8-bc93-6894a57f9324\r\nContent-Length: " +
    std::to_string(kBody.size()) + "\r\n\r\n" + kBody;

std::string padded(const std::string& text) {
  return text + std::string(kBodyPaddingBytes, ' ');
}

void frame(benchmark::State& state) {
  const CountAllocations count(state);
  for (auto _ : state) {
    HttpRequest http;
    const Framing framing = frame_request(kRequest, kBodyBytesDefault, http);
    DOORBUSTER_CHECK(framing.state == Framing::State::complete);
  }
}

void decode(benchmark::State& state) {
  const std::string bytes = padded(kBody);
  BuyDecoder decoder(kBodyBytesDefault);
  BuyBody body;
  DOORBUSTER_CHECK(decoder.decode(std::string_view(bytes).substr(0, kBody.size()), body));
  const CountAllocations count(state);
  for (auto _ : state) {
    const bool ok = decoder.decode(std::string_view(bytes).substr(0, kBody.size()), body);
    benchmark::DoNotOptimize(ok);
  }
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

BENCHMARK(frame)->Name("http/frame/smoke");
BENCHMARK(decode)->Name("http/decode/smoke");
BENCHMARK(encode_sale)->Name("http/encode_sale/smoke");
BENCHMARK(encode_refusal)->Name("http/encode_refusal/smoke");

}  // namespace
}  // namespace doorbuster::bench
