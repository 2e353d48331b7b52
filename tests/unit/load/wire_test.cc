#include "load/wire.h"

#include "doorbuster/base/json_document.h"
#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;
using Catch::Contains;

namespace {

BuyReply refused(int status, const std::string& code) {
  return read_buy_reply(status, R"({"type":"x","status":1,"code" : ")" + code + R"(","detail":"code"})");
}

}  // namespace

TEST_CASE("wire: a buy is a whole request with the right length and the right words") {
  const Names names("run7");
  const std::vector<SkuTerms> skus = {{"tv", 900}, {"mug", 5}};
  const BuyWriter writer({"127.0.0.1", "8080", "127.0.0.1:8080"}, "demo", skus, 1, names);
  std::string out = "before ";
  writer.append({.buyer = 42, .key = 7, .sku = 1, .body = Body::plain}, out);
  REQUIRE(out ==
          "before POST /v1/buy HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\n"
          "Idempotency-Key: k-run7-0000000007\r\nContent-Length: 70\r\n\r\n"
          R"({"campaign":"demo","sku":"mug","quantity":1,"buyer":"b-run7-00000042"})");
}

TEST_CASE("wire: every kind of buy has a body that is as long as it says and valid JSON") {
  const Names names("run7");
  const BuyWriter writer({"h", "1", "h:1"}, "demo", {{"tv", 900}}, 3, names);
  for (const Body body : {Body::plain, Body::other_quantity, Body::low_price}) {
    for (const std::uint32_t key : {kNoKey, 99U}) {
      std::string out;
      writer.append({.buyer = 1, .key = key, .sku = 0, .body = body}, out);
      const std::size_t split = out.find("\r\n\r\n") + 4;
      REQUIRE_THAT(out, Contains("Content-Length: " + std::to_string(out.size() - split) + "\r\n"));
      REQUIRE((out.find("Idempotency-Key") != std::string::npos) == (key != kNoKey));
      const auto document = JsonDocument::parse(std::string_view(out).substr(split));
      REQUIRE(document);
      REQUIRE(document->root().find("quantity")->integer() == (body == Body::other_quantity ? 4 : 3));
      REQUIRE((document->root().find("expected_price") != nullptr) == (body == Body::low_price));
      REQUIRE(document->root().find("buyer")->string() == names.buyer(1));
    }
  }
}

TEST_CASE("wire: acceptances and refusals of the contract are understood") {
  const BuyReply yes =
      read_buy_reply(201, R"({ "order" : "ab-9_~." , "status":"confirmed","durable": false})");
  REQUIRE(yes.answer == Answer::accepted());
  REQUIRE(yes.order.view() == "ab-9_~.");
  REQUIRE_FALSE(yes.durable);
  REQUIRE(read_buy_reply(202, R"({"order":"a"})").answer == Answer::accepted_async());
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
