// Positions in the stream, and what a request for one is answered.

#include "doorbuster/http/stream_door.h"

#include "doorbuster/http/exchange.h"
#include "support/catch.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

class CountingDoor final : public StreamDoor {
 public:
  explicit CountingDoor(int places) : places_(places) {}
  bool reserve() override { return places_ > 0 && places_-- > 0; }
  void give_back() override { ++places_; }
  void subscribe(int, const Subscription& subscription, std::string) override { subscribed = subscription; }
  int places() const { return places_; }

  std::optional<Subscription> subscribed;

 private:
  int places_;
};

struct Asked {
  std::string reply;
  Outcome outcome = Outcome::ok;
  std::optional<Subscription> subscription;
};

Asked ask(HttpRequest http, int places = 1, bool draining = false) {
  const CatalogPointer catalog = catalog_of({campaign_put(0), campaign_put(1)}, {offer_put(0, 5)});
  CountingDoor door(places);
  HandoverSlot slot{.stream = &door};
  const RequestContext context = {
      .frame = {.date = "now"}, .received_ns = 0, .draining = draining, .handover = &slot};
  Asked asked;
  const Exchange exchange{http, context, asked.reply, asked.outcome};
  begin_stream(exchange, *catalog, {});
  if (slot.handover) {
    slot.handover->take(-1, {});
    asked.subscription = door.subscribed;
  }
  return asked;
}

HttpRequest get(std::string_view query = {}) {
  HttpRequest http;
  http.method = Method::get;
  http.query = query;
  return http;
}

}  // namespace

TEST_CASE("a position is what was written as one, and nothing else is") {
  const StreamPosition position{.epoch = 0xc0ffee, .sequence = 1042};
  CHECK(format_stream_position(position) == "0000000000c0ffee-1042");
  CHECK(parse_stream_position("0000000000c0ffee-1042") == position);
  CHECK(parse_stream_position("ffffffffffffffff-18446744073709551615") ==
        StreamPosition{0xffffffffffffffff, 0xffffffffffffffff});
  for (const char* text :
       {"", "-", "1042", "c0ffee-1042", "0000000000c0ffee", "0000000000c0ffee-", "0000000000c0ffee 1042",
        "0000000000c0ffee--1", "0000000000c0ffee-+1", "0000000000c0ffee-1 ", "0000000000c0ffee-1x",
        "0000000000c0ffeg-1", "+000000000c0ffee-1", "0000000000c0ffee-18446744073709551616",
        "0000000000c0ffee-000000000000000000001", "0x00000000c0ffee-1"}) {
    CHECK_FALSE(parse_stream_position(text));
  }
}

TEST_CASE("a stream begins with its header and takes a place") {
  HttpRequest http = get("campaign=campaign-1");
  http.last_event_id = "0000000000c0ffee-1042";
  const Asked asked = ask(http);
  REQUIRE(asked.subscription);
  CHECK(asked.subscription->campaign == CampaignIndex{1});
  CHECK(asked.subscription->after == StreamPosition{0xc0ffee, 1042});
  CHECK_FALSE(asked.subscription->gzip);
  CHECK_FALSE(asked.subscription->alerts);
  CHECK(asked.reply.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(asked.reply.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(asked.reply.find("Content-Length") == std::string::npos);
  CHECK(asked.reply.find("Content-Encoding") == std::string::npos);
  CHECK(asked.reply.ends_with("\r\n\r\n"));
}

TEST_CASE("the query's position wins over the header's, and what is no position asks for a snapshot") {
  HttpRequest http = get("last_event_id=00000000000000aa-7");
  http.last_event_id = "0000000000c0ffee-1042";
  CHECK(ask(http).subscription->after == StreamPosition{0xaa, 7});
  http.query = {};
  http.last_event_id = "from-another-server";
  CHECK_FALSE(ask(http).subscription->after);
}

TEST_CASE("gzip is for who accepts it") {
  const auto gzip = [](std::string_view accept) {
    HttpRequest http = get();
    http.accept_encoding = accept;
    return ask(http).subscription->gzip;
  };
  CHECK(gzip("gzip"));
  CHECK(gzip("deflate, gzip;q=0.5, br"));
  CHECK(gzip("GZIP"));
  CHECK_FALSE(gzip(""));
  CHECK_FALSE(gzip("br"));
  CHECK_FALSE(gzip("gzip;q=0"));
  CHECK_FALSE(gzip("gzip;q=0.00, br"));
}

TEST_CASE("what is wrong with a request for a stream is answered at once, and takes no place") {
  const auto refused = [](const Asked& asked) {
    CHECK_FALSE(asked.subscription);
    return asked.outcome;
  };
  CHECK(refused(ask(get("campaign=nobody"))) == Outcome::campaign_not_found);
  CHECK(refused(ask(get("campaign=no%20name"))) == Outcome::malformed_request);
  CHECK(refused(ask(get("campain=campaign-0"))) == Outcome::malformed_request);
  CHECK(refused(ask(get("campaign=%zz"))) == Outcome::malformed_request);
  CHECK(refused(ask(get(), 0)) == Outcome::overloaded);
  CHECK(refused(ask(get(), 1, true)) == Outcome::draining);
  for (const Method method : {Method::head, Method::post, Method::other}) {
    HttpRequest http = get();
    http.method = method;
    const Asked asked = ask(http);
    CHECK(refused(asked) == Outcome::method_not_allowed);
    CHECK(asked.reply.find("Allow: GET\r\n") != std::string::npos);
  }
}

}  // namespace doorbuster
