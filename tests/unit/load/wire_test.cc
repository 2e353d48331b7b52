#include "load/wire.h"

#include "doorbuster/base/json_document.h"
#include "load/reply.h"
#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;
using Catch::Contains;

namespace {

Reply refused(int status, const std::string& code) {
  return read_buy_reply(status, R"({"type":"x","status":1,"code" : ")" + code + R"(","detail":"code"})");
}

}  // namespace

TEST_CASE("wire: a buy is a whole request with the right length and the right words") {
  const Names names("run7");
  const std::vector<SkuTerms> skus = {{"tv", 900}, {"mug", 5}};
  const RequestWriter writer({"127.0.0.1", "8080", "127.0.0.1:8080"}, "demo", skus, 1, names);
  std::string out = "before ";
  writer.append_buy({.buyer = 42, .key = 7, .sku = 1, .body = Body::plain}, out);
  REQUIRE(out ==
          "before POST /v1/buy HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\n"
          "Idempotency-Key: k-run7-0000000007\r\nContent-Length: 70\r\n\r\n"
          R"({"campaign":"demo","sku":"mug","quantity":1,"buyer":"b-run7-00000042"})");
}

TEST_CASE("wire: every kind of buy has a body that is as long as it says and valid JSON") {
  const Names names("run7");
  const RequestWriter writer({"h", "1", "h:1"}, "demo", {{"tv", 900}}, 3, names);
  for (const Body body : {Body::plain, Body::other_quantity, Body::low_price, Body::waits, Body::shared}) {
    for (const std::uint32_t key : {kNoKey, 99U}) {
      std::string out;
      writer.append_buy({.buyer = 1, .key = key, .sku = 0, .body = body}, out);
      const std::size_t split = out.find("\r\n\r\n") + 4;
      REQUIRE_THAT(out, Contains("Content-Length: " + std::to_string(out.size() - split) + "\r\n"));
      REQUIRE((out.find("Idempotency-Key") != std::string::npos) == (key != kNoKey));
      const auto document = JsonDocument::parse(std::string_view(out).substr(split));
      REQUIRE(document);
      REQUIRE(document->root().find("quantity")->integer() == (body == Body::other_quantity ? 4 : 3));
      REQUIRE((document->root().find("expected_price") != nullptr) == (body == Body::low_price));
      REQUIRE((document->root().find("wait") != nullptr) == (body == Body::waits));
      REQUIRE((document->root().find("identities") != nullptr) == (body == Body::shared));
      REQUIRE(document->root().find("buyer")->string() == names.buyer(1));
    }
  }
}

TEST_CASE("wire: acceptances and refusals of the contract are understood") {
  const Reply yes = read_buy_reply(201, R"({ "order" : "ab-9_~." , "status":"confirmed","durable": false})");
  REQUIRE(yes.answer == Answer::accepted());
  REQUIRE(yes.told.name.view() == "ab-9_~.");
  REQUIRE_FALSE(yes.durable);
  REQUIRE(read_buy_reply(202, R"({"order":"a","status":"confirmed"})").answer == Answer::accepted_async());
  REQUIRE(refused(409, "sold_out").answer.is(Outcome::sold_out));
  REQUIRE(refused(410, "campaign_ended").answer.is(Outcome::campaign_ended));
  REQUIRE(refused(422, "idempotency_key_reused").answer.is(Outcome::idempotency_key_reused));
  REQUIRE(refused(503, "draining").answer.is(Outcome::draining));
}

TEST_CASE("wire: what a well-formed buy may not be answered with is unexpected") {
  REQUIRE(refused(410, "sold_out").answer.is_unexpected());
  REQUIRE(refused(400, "malformed_request").answer.is_unexpected());
  REQUIRE(refused(404, "order_not_found").answer.is_unexpected());
  REQUIRE(refused(409, "").answer.is_unexpected());
  REQUIRE(read_buy_reply(500, "").answer.is_unexpected());
  REQUIRE(read_buy_reply(201, "{}").answer.is_unexpected());
  REQUIRE(read_buy_reply(201, R"({"order":"a b"})").answer.is_unexpected());
  REQUIRE(read_buy_reply(201, R"({"order":")" + std::string(41, 'a') + R"("})").answer.is_unexpected());
}

TEST_CASE("wire: buyers next to each other share a device, others do not") {
  const Names names("run7");
  const RequestWriter writer({"h", "1", "h:1"}, "demo", {{"tv", 900}}, 1, names);
  const auto device_of = [&](std::uint32_t buyer) {
    std::string out;
    writer.append_buy({.buyer = buyer, .body = Body::shared}, out);
    const auto document = JsonDocument::parse(std::string_view(out).substr(out.find("\r\n\r\n") + 4));
    REQUIRE(document);
    return std::string((*document->root().find("identities")->children().begin()).string());
  };
  REQUIRE(device_of(8) == "device:run7-00000002");
  REQUIRE(device_of(8) == names.device(8));
  REQUIRE(device_of(11) == device_of(8));
  REQUIRE(device_of(12) != device_of(11));
}

TEST_CASE("wire: every step is a whole request to its own resource") {
  const Names names("r");
  const RequestWriter writer({"h", "1", "h:1"}, "demo", {{"tv", 900}}, 1, names);
  const auto bytes = [&](const Ask& ask) {
    std::string out;
    writer.append_step(ask, "o-1", out);
    return out;
  };
  REQUIRE(bytes({.quantity = 2, .verb = Verb::confirm, .body = Body::paid}) ==
          "POST /v1/orders/o-1/confirm HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\n"
          "Content-Length: 44\r\n\r\n"
          R"({"quantity":2,"payment_reference":"pay-o-1"})");
  REQUIRE(bytes({.verb = Verb::cancel}) ==
          "POST /v1/orders/o-1/cancel HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n");
  REQUIRE_THAT(bytes({.quantity = 9, .verb = Verb::extend}),
               Contains("/extend HTTP/1.1") && Contains(R"({"seconds":9})"));
  REQUIRE_THAT(bytes({.verb = Verb::payment_failed}),
               Contains("POST /v1/orders/o-1/payment-failed HTTP/1.1"));
  REQUIRE_THAT(bytes({.key = 7, .quantity = 1, .verb = Verb::give_back, .body = Body::scrapped}),
               Contains("/return HTTP/1.1") && Contains("Idempotency-Key: k-r-0000000007\r\n") &&
                   Contains(R"({"quantity":1,"restock":false})"));
  REQUIRE(bytes({.verb = Verb::look}) == "GET /v1/waitlist/o-1 HTTP/1.1\r\nHost: h:1\r\n\r\n");
  REQUIRE(bytes({.verb = Verb::leave}) == "DELETE /v1/waitlist/o-1 HTTP/1.1\r\nHost: h:1\r\n\r\n");
}

TEST_CASE("wire: a place in the line is no order, and an offered one is both") {
  const Reply place = read_buy_reply(202, R"({"ticket":"t","status":"waiting","position":3,"durable":true})");
  REQUIRE(place.answer.is_queued());
  REQUIRE(place.told.ticket);
  REQUIRE(place.told.position == 3);
  REQUIRE(place.told.standing == Standing::waiting);
  REQUIRE(read_buy_reply(201, R"({"ticket":"t","status":"waiting","position":3})").answer.is_unexpected());
  REQUIRE(read_buy_reply(202, R"({"ticket":"t","status":"waiting"})").answer.is_unexpected());
  const std::string expiry = R"("expires_at":"1970-01-01T00:00:02Z")";
  const Reply offered = read_step_reply(
      Verb::look, 200,
      R"({"ticket":"t","status":"offered","order":"t","order_status":"held",)" + expiry + "}");
  REQUIRE(offered.answer.is_done());
  REQUIRE(offered.told.offered);
  REQUIRE(offered.told.standing == Standing::held);
  REQUIRE(offered.told.expires_at.ns == 2 * kNsPerSecond);
  REQUIRE(
      read_step_reply(Verb::look, 200,
                      R"({"ticket":"t","status":"offered","order":"u","order_status":"held",)" + expiry + "}")
          .answer.is_unexpected());
}

TEST_CASE("wire: a hold says until when, and a step comes to what it asked for or is unexpected") {
  REQUIRE(read_buy_reply(201, R"({"order":"a","status":"held"})").answer.is_unexpected());
  REQUIRE(read_buy_reply(201, R"({"order":"a","status":"expired"})").answer.is_unexpected());
  const Reply part = read_step_reply(
      Verb::confirm, 200, R"({"order":"a","status":"confirmed","quantity":3,"confirmed_quantity":2})");
  REQUIRE(part.answer.is_done());
  REQUIRE(part.told.confirmed == 2);
  REQUIRE(read_step_reply(Verb::cancel, 200, R"({"order":"a","status":"confirmed"})").answer.is_unexpected());
  REQUIRE(
      read_step_reply(Verb::confirm, 201, R"({"order":"a","status":"confirmed"})").answer.is_unexpected());

  const Reply late =
      read_step_reply(Verb::confirm, 409,
                      R"({"status":409,"code":"hold_expired","order_status":"expired","refund_due":true})");
  REQUIRE(late.answer.is(Outcome::hold_expired));
  REQUIRE(late.told.standing == Standing::expired);
  REQUIRE(late.told.refund_due);
  REQUIRE(read_step_reply(Verb::confirm, 409, R"({"code":"hold_expired"})").answer.is_unexpected());
  REQUIRE(read_step_reply(Verb::give_back, 409, R"({"code":"hold_expired","order_status":"expired"})")
              .answer.is_unexpected());
  REQUIRE(read_step_reply(Verb::confirm, 409, R"({"code":"sold_out"})").answer.is_unexpected());
  REQUIRE(read_step_reply(Verb::cancel, 503, R"({"code":"overloaded"})").answer.is(Outcome::overloaded));
}

TEST_CASE("wire: every request shows the API key, and none does without one") {
  Target target = *parse_target("http://shop:1", "--target");
  const std::vector<SkuTerms> skus = {{"sku", 100}};
  const Names names("run");
  for (const std::string key : {"", "dbk_key"}) {
    target.api_key = key;
    const RequestWriter writer(target, "sale", skus, 1, names);
    std::vector<std::string> requests(4);
    writer.append_buy({.key = 1}, requests[0]);
    writer.append_buy({.body = Body::basket}, requests[1]);
    writer.append_step({.verb = Verb::confirm}, "order", requests[2]);
    append_get_order(target, "order", false, requests[3]);
    for (const std::string& request : requests) {
      const bool shows = request.find("\r\nAuthorization: Bearer dbk_key\r\n") != std::string::npos;
      CHECK(shows == !key.empty());
      CHECK((request.find("Authorization") != std::string::npos) == shows);
    }
  }
}

TEST_CASE("wire: a target is http, a host and a port, or one sentence says what is wrong") {
  const Result<Target> target = parse_target("http://[::1]:8080/", "--target");
  REQUIRE(target);
  REQUIRE(target->host == "::1");
  REQUIRE(target->port == "8080");
  REQUIRE(target->url() == "http://[::1]:8080");
  REQUIRE(parse_target("http://shop", "--target")->port == "80");
  for (const char* bad :
       {"https://shop:1", "shop:8080", "http://", "http://h:99999", "http://h:1/path", "http://h:0"}) {
    const Result<Target> refused_target = parse_target(bad, "--target");
    REQUIRE_FALSE(refused_target);
    REQUIRE(refused_target.error().kind == ErrorKind::usage);
    REQUIRE_THAT(refused_target.error().message, Contains("--target"));
  }
}
