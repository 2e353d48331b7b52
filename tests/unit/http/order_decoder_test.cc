// The bodies of what can be done to an order: each action takes its own members, and is as strict as a buy.
#include "doorbuster/http/order_decoder.h"

#include <map>

#include "padded.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBodyMax = 16'384;

OrderCommand command_of(OrderAction action) {
  OrderCommand command;
  command.action = action;
  return command;
}

Outcome outcome_of(OrderAction action, std::string_view json) {
  OrderDecoder decoder(kBodyMax);
  const Padded padded(json);
  OrderCommand command = command_of(action);
  std::string_view sku;
  if (decoder.decode(padded.json(), command, sku)) return Outcome::ok;
  CHECK_FALSE(decoder.detail().empty());
  return decoder.outcome();
}

constexpr OrderAction kActions[] = {OrderAction::confirm, OrderAction::cancel, OrderAction::extend,
                                    OrderAction::payment_failed, OrderAction::give_back};

TEST_CASE("each action takes its own members and no other") {
  const std::map<std::string, std::vector<OrderAction>> takers = {
      {R"("quantity":2)", {OrderAction::confirm, OrderAction::give_back}},
      {R"("payment_reference":"p")", {OrderAction::confirm}},
      {R"("seconds":60)", {OrderAction::extend}},
      {R"("restock":false)", {OrderAction::give_back}},
      {R"("sku":"tv")", {OrderAction::give_back}},
      {R"("reference":"r")", {}},
      {R"("order":"o")", {}},
      {R"("":1)", {}},
  };
  for (const auto& [member, actions] : takers) {
    for (const OrderAction action : kActions) {
      CAPTURE(member, static_cast<int>(action));
      const bool takes = std::find(actions.begin(), actions.end(), action) != actions.end();
      CHECK(outcome_of(action, "{" + member + "}") == (takes ? Outcome::ok : Outcome::malformed_request));
      CHECK(outcome_of(action, "{" + member + "," + member + "}") == Outcome::malformed_request);
    }
  }
}

TEST_CASE("what stands in the body is in the command") {
  OrderDecoder decoder(kBodyMax);
  const Padded confirm(R"({"payment_reference":"pi_\u00fc\n","quantity":1000})"),
      extend(R"({"seconds":86400})"), give_back(R"( {"restock":false,"sku":"t\u0076","quantity":3} )");
  OrderCommand command = command_of(OrderAction::confirm);
  std::string_view sku = "another body's";
  REQUIRE(decoder.decode(confirm.json(), command, sku));
  CHECK(command.quantity == 1000);
  CHECK(command.payment == "pi_\xc3\xbc\n");
  CHECK(sku.empty());
  command = command_of(OrderAction::extend);
  REQUIRE(decoder.decode(extend.json(), command, sku));
  CHECK(command.seconds == 86'400);
  command = command_of(OrderAction::give_back);
  REQUIRE(decoder.decode(give_back.json(), command, sku));
  CHECK(command.quantity == 3);
  CHECK_FALSE(command.restock);
  CHECK(sku == "tv");
  CHECK_FALSE(command.part.has_value());  // which offer it is the decoder does not know
}

TEST_CASE("no bytes and an empty object leave the command as it is") {
  OrderDecoder decoder(kBodyMax);
  for (const OrderAction action : kActions) {
    for (const char* json : {"", "{}", " \r\n\t{ } "}) {
      CAPTURE(static_cast<int>(action), json);
      OrderCommand command = command_of(action);
      std::string_view sku = "another body's";
      const Padded padded(json);
      REQUIRE(decoder.decode(padded.json(), command, sku));
      CHECK(command.quantity == 0);
      CHECK(command.seconds == 0);
      CHECK(command.restock);
      CHECK(command.payment.empty());
      CHECK(sku.empty());
    }
  }
}

struct Body {
  OrderAction action;
  std::string json;
  Outcome outcome;
};

TEST_CASE("values are within their range, and of their type first") {
  const auto ok = Outcome::ok, range = Outcome::validation_failed, malformed = Outcome::malformed_request;
  const auto confirm = OrderAction::confirm, extend = OrderAction::extend, back = OrderAction::give_back;
  const std::string longest(kReferenceBytesMax, 'p');
  const auto body = GENERATE_COPY(values<Body>({
      {confirm, R"({"quantity":1})", ok},
      {confirm, R"({"quantity":0})", range},
      {confirm, R"({"quantity":1001})", range},
      {confirm, R"({"quantity":4294967297})", range},
      {confirm, R"({"quantity":18446744073709551615})", range},
      {confirm, R"({"quantity":-1})", range},
      {confirm, R"({"quantity":1.0})", malformed},
      {confirm, R"({"quantity":"1"})", malformed},
      {confirm, R"({"quantity":null})", malformed},
      {confirm, "{\"payment_reference\":\"" + longest + "\"}", ok},
      {confirm, "{\"payment_reference\":\"" + longest + "p\"}", range},
      {confirm, R"({"payment_reference":""})", range},
      {confirm, R"({"payment_reference":7})", malformed},
      {confirm, R"({"payment_reference":null})", malformed},
      {confirm, R"({"payment_reference":"","quantity":"1"})", malformed},
      {confirm, R"({"quantity":"1","payment_reference":""})", malformed},
      {extend, R"({"seconds":1})", ok},
      {extend, R"({"seconds":86400})", ok},
      {extend, R"({"seconds":0})", range},
      {extend, R"({"seconds":86401})", range},
      {extend, R"({"seconds":60.5})", malformed},
      {extend, R"({"seconds":"60"})", malformed},
      {back, R"({"restock":true})", ok},
      {back, R"({"restock":1})", malformed},
      {back, R"({"restock":"false"})", malformed},
      {back, R"({"restock":null})", malformed},
      {back, R"({"quantity":1001})", range},
      {back, R"({"sku":""})", range},
      {back, R"({"sku":"a b"})", range},
      {back, R"({"sku":7})", malformed},
      {back, R"({"sku":null})", malformed},
  }));
  CAPTURE(body.json);
  CHECK(outcome_of(body.action, body.json) == body.outcome);
}

TEST_CASE("what is not one flat object is malformed, for every action") {
  const std::vector<std::string> bad = {
      " ",   "null",    "[]",   "[{}]",           "\"\"", "7",       "{",   "}",       "{}{}", "{},",
      "{}x", "{} null", "{{}}", "\xef\xbb\xbf{}", "{,}",  "{\"a\"}", "{a}", "{'a':1}", "{}//", "{} \x01"};
  for (const std::string& json : bad) {
    for (const OrderAction action : kActions) {
      CAPTURE(json, static_cast<int>(action));
      CHECK(outcome_of(action, json) == Outcome::malformed_request);
    }
  }
}

TEST_CASE("every cut of a good confirmation is malformed, whatever stands behind it") {
  const std::string good = R"({"quantity":12,"payment_reference":"p\u00fc"})";
  for (std::size_t cut = 1; cut < good.size(); ++cut) {
    CAPTURE(cut);
    CHECK(outcome_of(OrderAction::confirm, std::string_view(good).substr(0, cut)) ==
          Outcome::malformed_request);
  }
}

}  // namespace
}  // namespace doorbuster
