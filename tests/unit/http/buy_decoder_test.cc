// A body is one flat JSON object with the members of the contract; anything else is told as what it is.
#include "doorbuster/http/buy_decoder.h"

#include <algorithm>
#include <random>

#include "doorbuster/base/limits.h"
#include "padded.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBodyMax = 16'384;

Outcome outcome_of(std::string_view json) {
  BuyDecoder decoder(kBodyMax);
  const Padded padded(json);
  BuyBody body;
  if (decoder.decode(padded.json(), body)) return Outcome::ok;
  CHECK_FALSE(decoder.detail().empty());
  return decoder.outcome();
}

// The smallest good body with one member more, or in place of its own.
std::string with(const std::string& members) {
  return R"({"campaign":"c","sku":"s","buyer":"b",)" + members + "}";
}

TEST_CASE("a full body is taken member by member") {
  BuyDecoder decoder(kBodyMax);
  const Padded padded(
      " {\t\"reference\":\"\\u00fc\\\"\\n\\u0000\",\"segment\":\"gold\",\"region\":\"de\",\"channel\":"
      "\"app\","
      "\"expected_price\":49900,\"buyer\":\"b-829301\",\"quantity\":1000,\"sku\":\"tv-55-oled\",\r\n"
      "\"campaign\":\"black-friday\"}\n");
  BuyBody body;
  REQUIRE(decoder.decode(padded.json(), body));
  CHECK(body.campaign == "black-friday");
  CHECK(body.sku == "tv-55-oled");
  CHECK(body.buyer == "b-829301");
  CHECK(body.quantity == 1000);
  CHECK(body.expected_price == 49900);
  CHECK(body.channel == "app");
  CHECK(body.region == "de");
  CHECK(body.segment == "gold");
  CHECK(body.reference == std::string_view("\xc3\xbc\"\n\0", 5));
  CHECK_FALSE(body.wait);
  CHECK(body.identity_texts().empty());
}

TEST_CASE("a buy may name identities, and may wait") {
  BuyDecoder decoder(kBodyMax);
  const Padded padded(with(R"("wait":true,"identities":["device:9f","card:\u0034711","!","~"])"));
  const Padded plain(with(R"("wait":false)"));
  BuyBody body;
  REQUIRE(decoder.decode(padded.json(), body));
  CHECK(body.wait);
  const auto texts = body.identity_texts();
  CHECK(std::vector<std::string_view>(texts.begin(), texts.end()) ==
        std::vector<std::string_view>{"device:9f", "card:4711", "!", "~"});
  REQUIRE(decoder.decode(plain.json(), body));  // nothing is left of the body before
  CHECK_FALSE(body.wait);
  CHECK(body.identity_texts().empty());
}

TEST_CASE("a token is a text of at most 512 bytes, and what it says is not looked at") {
  BuyDecoder decoder(kBodyBytesDefault);
  const Padded padded(with(R"("token":"any\u002ething")")), plain(with(R"("wait":false)"));
  BuyBody body;
  REQUIRE(decoder.decode(padded.json(), body));
  CHECK(body.token == "any.thing");
  REQUIRE(decoder.decode(plain.json(), body));
  CHECK(body.token.empty());
  const std::string longest(kAudienceTokenBytesMax, 'x');
  CHECK(outcome_of(with("\"token\":\"" + longest + "\"")) == Outcome::ok);
  CHECK(outcome_of(with("\"token\":\"" + longest + "x\"")) == Outcome::validation_failed);
  CHECK(outcome_of(with(R"("token":"")")) == Outcome::validation_failed);
  CHECK(outcome_of(with(R"("token":7)")) == Outcome::malformed_request);
  CHECK(outcome_of(with(R"("token":null)")) == Outcome::malformed_request);
  CHECK(outcome_of(with(R"("token":"a","token":"a")")) == Outcome::malformed_request);
}

struct IdentitiesCase {
  std::string text;
  Outcome outcome;
};

TEST_CASE("identities are one to four different texts of printable ASCII") {
  const auto ok = Outcome::ok, range = Outcome::validation_failed, malformed = Outcome::malformed_request;
  const std::string longest(kIdentityBytesMax, 'x');
  const auto identities = GENERATE_COPY(values<IdentitiesCase>({
      {R"(["a"])", ok},
      {R"(["a","b","c","d"])", ok},
      {"[\"" + longest + "\"]", ok},
      {"[\"!\\\"\\\\~\"]", ok},
      {"[]", range},
      {R"(["a","b","c","d","e"])", range},
      {R"(["a","b","a"])", range},
      {R"(["a","\u0061"])", range},
      {R"(["a",""])", range},
      {R"(["a b"])", range},
      {R"(["a\n"])", range},
      {R"(["\u0000"])", range},
      {R"(["\u007f"])", range},
      {R"(["\u00fc"])", range},
      {"[\"" + longest + "x\"]", range},
      {R"("a")", malformed},
      {"null", malformed},
      {"{}", malformed},
      {"true", malformed},
      {"[1]", malformed},
      {"[null]", malformed},
      {R"([["a"]])", malformed},
      {R"([{"a":"b"}])", malformed},
      {R"(["",7])", malformed},  // its type is told before the range of its neighbour
      {R"(["a","b","c","d","e",false])", malformed},
      {R"(["a",])", malformed},
      {R"(["a" "b"])", malformed},
  }));
  CAPTURE(identities.text);
  CHECK(outcome_of(with("\"identities\":" + identities.text)) == identities.outcome);
}

TEST_CASE("wait is true or false") {
  for (const std::string value : {"null", "0", "1", "\"true\"", "[]", "{}", "True"}) {
    CAPTURE(value);
    CHECK(outcome_of(with("\"wait\":" + value)) == Outcome::malformed_request);
  }
}

TEST_CASE("a small body has the contract's defaults, also after a full one") {
  BuyDecoder decoder(kBodyMax);
  const Padded full(with(R"("quantity":7,"expected_price":1,"reference":"r","channel":"x")"));
  const Padded small(R"({"campaign":"c","sku":"s","buyer":"b"})");
  BuyBody body;
  REQUIRE(decoder.decode(full.json(), body));
  REQUIRE(decoder.decode(small.json(), body));
  CHECK(body.quantity == 1);
  CHECK(body.expected_price == Buy::kNoExpectedPrice);
  CHECK(body.reference.empty());
  CHECK(body.channel.empty());
}

TEST_CASE("a member may be written with escapes, and is then still only once there") {
  CHECK(outcome_of(R"({"c\u0061mpaign":"c","sku":"\u0073","buyer":"b"})") == Outcome::ok);
  CHECK(outcome_of(with(R"("s\u006bu":"s")")) == Outcome::malformed_request);
}

TEST_CASE("every member is refused where its type is another") {
  const std::vector<std::string> values = {"null", "true", "[]", "{}", "[1]", "1.5", "\"s\"", "1"};
  for (const char* name : {"campaign", "sku", "buyer", "channel", "region", "segment", "reference"}) {
    for (const std::string& value : values) {
      std::string json = R"({"campaign":"c","sku":"s","buyer":"b"})";
      const std::string member = "\"" + std::string(name) + "\":";
      if (const auto at = json.find(member); at != std::string::npos) {
        json.replace(at + member.size(), 3, value);
      } else {
        json = with(member + value);
      }
      CAPTURE(json);
      CHECK(outcome_of(json) == (value == "\"s\"" ? Outcome::ok : Outcome::malformed_request));
    }
  }
  for (const char* name : {"quantity", "expected_price"}) {
    for (const std::string& value : values) {
      const std::string json = with("\"" + std::string(name) + "\":" + value);
      CAPTURE(json);
      CHECK(outcome_of(json) == (value == "1" ? Outcome::ok : Outcome::malformed_request));
    }
  }
}

struct Number {
  const char* text;
  Outcome quantity, price;
};

TEST_CASE("a number is whole and written whole; one out of its range is well-formed and refused") {
  const auto ok = Outcome::ok, range = Outcome::validation_failed, malformed = Outcome::malformed_request;
  const auto number = GENERATE_COPY(values<Number>({
      {"0", range, ok},
      {"-0", range, ok},
      {"1", ok, ok},
      {"1000", ok, ok},
      {"1001", range, ok},
      {"1000000000000", range, ok},
      {"1000000000001", range, range},
      {"-1", range, range},
      {"4294967297", range, ok},  // would be 1 in 32 bits
      {"9223372036854775807", range, range},
      {"-9223372036854775808", range, range},
      {"9223372036854775808", range, range},
      {"18446744073709551615", range, range},
      {"18446744073709551616", malformed, malformed},
      {"99999999999999999999999999", malformed, malformed},
      {"1.0", malformed, malformed},
      {"1e2", malformed, malformed},
      {"1E0", malformed, malformed},
      {"0.5", malformed, malformed},
      {"1e400", malformed, malformed},
      {"+1", malformed, malformed},
      {"01", malformed, malformed},
      {"1.", malformed, malformed},
      {".5", malformed, malformed},
      {"0x1", malformed, malformed},
      {"NaN", malformed, malformed},
      {"Infinity", malformed, malformed},
      {"1_000", malformed, malformed},
      {"\"1\"", malformed, malformed},
  }));
  CAPTURE(number.text);
  CHECK(outcome_of(with("\"quantity\":" + std::string(number.text))) == number.quantity);
  CHECK(outcome_of(with("\"expected_price\":" + std::string(number.text))) == number.price);
}

TEST_CASE("what is not one JSON object is malformed") {
  const std::string good = R"({"campaign":"c","sku":"s","buyer":"b"})";
  REQUIRE(outcome_of(good) == Outcome::ok);
  std::vector<std::string> bad = {
      "",
      " ",
      "null",
      "[]",
      "[" + good + "]",
      "\"text\"",
      "7",
      "{}",
      "{",
      "}",
      "{\"campaign\"}",
      good + good,
      good + ",",
      good + "x",
      good + " null",
      good + "}",
      "\xef\xbb\xbf" + good,
      std::string("\0", 1) + good,
      good + std::string("\0", 1),
      R"({"campaign":"c","sku":"s","buyer":"b",})",
      R"({"campaign":"c" "sku":"s","buyer":"b"})",
      R"({'campaign':'c','sku':'s','buyer':'b'})",
      R"({campaign:"c",sku:"s",buyer:"b"})",
      R"({"campaign":"c","sku":"s","buyer":"b"} // thanks)",
      R"({"campaign":"c","sku":"s","buyer":"b)",
      R"({"sku":"s","buyer":"b"})",
      R"({"campaign":"c","buyer":"b"})",
      R"({"campaign":"c","sku":"s"})",
      with(R"("colour":"red")"),
      with(R"("Quantity":1)"),
      with(R"("":1)"),
      with(R"("quantity ":1)"),
      with(R"("sku":"s")"),
      with(R"("quantity":1,"quantity":1)"),
      with(R"("reference":"a","reference":"b")"),
      with("\"reference\":\"\t\""),
      with(R"("reference":"\x41")"),
      with(R"("reference":"\ud800")"),
      with(R"("reference":"\udc00\ud800")"),
      with("\"reference\":\"\xff\""),
      with("\"reference\":\"\xc0\xaf\""),
      with("\"reference\":\"\xed\xa0\x80\""),
      with("\"reference\":\"\xf4\x90\x80\x80\""),
      with("\"reference\":\"\xe2\x82\""),
      with("\"colour\":tru"),
      with("\"colour\":[1,2}"),
      with("\"colour\":" + std::string(1000, '[') + std::string(1000, ']')),
      with("\"colour\":" + std::string(5000, '[')),
      with("\"a\":" + std::string(30, '{')),
  };
  for (const std::string& json : bad) {
    CAPTURE(json);
    CHECK(outcome_of(json) == Outcome::malformed_request);
  }
}

TEST_CASE("every cut of a good body is malformed, whatever stands behind it") {
  const std::string good = with(R"("quantity":12,"reference":"\u00fc")");
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    CAPTURE(cut);
    REQUIRE(outcome_of(std::string_view(good).substr(0, cut)) == Outcome::malformed_request);
  }
}

TEST_CASE("a text is within the contract's letters and lengths") {
  const std::string longest(kIdentifierBytesMax, 'x'), longer(kIdentifierBytesMax + 1, 'x');
  for (const char* name : {"campaign", "sku", "buyer", "channel", "region", "segment"}) {
    const auto with_text = [&](const std::string& text) {
      std::string json = R"({"campaign":"c","sku":"s","buyer":"b")";
      const std::string member = "\"" + std::string(name) + "\":\"";
      if (const auto at = json.find(member); at != std::string::npos) {
        json.replace(at + member.size(), 1, text);
      } else {
        json += "," + member + text + "\"";
      }
      return outcome_of(json + "}");
    };
    CAPTURE(name);
    CHECK(with_text("AZaz09._:@-") == Outcome::ok);
    CHECK(with_text(longest) == Outcome::ok);
    for (const std::string& text :
         {std::string(), longer, std::string("a b"), std::string("a/b"), std::string("\xc3\xbc"),
          std::string("a\\u0000"), std::string("\\\""), std::string("a\\n"), std::string("*")}) {
      CAPTURE(text);
      CHECK(with_text(text) == Outcome::validation_failed);
    }
  }
  CHECK(outcome_of(with(R"("reference":"")")) == Outcome::ok);
  CHECK(outcome_of(with("\"reference\":\"" + std::string(kReferenceBytesMax, ' ') + "\"")) == Outcome::ok);
  CHECK(outcome_of(with("\"reference\":\"" + std::string(kReferenceBytesMax + 1, ' ') + "\"")) ==
        Outcome::validation_failed);
  std::string umlauts;
  for (std::size_t i = 0; i <= kReferenceBytesMax / 2; ++i) umlauts += "\\u00fc";  // bytes, not characters
  CHECK(outcome_of(with("\"reference\":\"" + umlauts + "\"")) == Outcome::validation_failed);
}

TEST_CASE("the order of the members makes no difference to the answer") {
  std::mt19937_64 random(7);
  const std::vector<std::pair<std::vector<std::string>, Outcome>> bodies = {
      {{R"("campaign":"c")", R"("sku":"s")", R"("buyer":"b")", R"("quantity":2)"}, Outcome::ok},
      {{R"("campaign":"c")", R"("sku":"s")", R"("buyer":"b")", R"("quantity":0)"},
       Outcome::validation_failed},
      {{R"("campaign":"c")", R"("sku":"s")", R"("buyer":"b")", R"("quantity":0)", R"("x":1)"},
       Outcome::malformed_request},
      {{R"("campaign":"c")", R"("sku":"")", R"("quantity":1.5)", R"("buyer":"b")"},
       Outcome::malformed_request},
      {{R"("campaign":"")", R"("sku":"s")", R"("quantity":1)"}, Outcome::malformed_request},
      {{R"("campaign":"c")", R"("sku":"")", R"("buyer":"b")", R"("buyer":"b")"}, Outcome::malformed_request},
      {{R"("campaign":"c")", R"("sku":"s")", R"("buyer":"b")", R"("identities":[])", R"("wait":1)"},
       Outcome::malformed_request},
  };
  for (auto [members, outcome] : bodies) {
    for (int turn = 0; turn < 30; ++turn) {
      std::shuffle(members.begin(), members.end(), random);
      std::string json;
      for (const std::string& member : members) json += (json.empty() ? "{" : ",") + member;
      json += "}";
      CAPTURE(json);
      CHECK(outcome_of(json) == outcome);
    }
  }
}

TEST_CASE("a body of the largest size is taken, and the parser goes on after every refusal") {
  BuyDecoder decoder(kBodyMax);
  std::string largest = with(R"("quantity":3)");
  largest.insert(1, std::string(kBodyMax - largest.size(), ' '));
  const Padded padded(largest), bad("{\"campaign\":"), good(with(R"("quantity":4)"));
  BuyBody body;
  for (int turn = 0; turn < 3; ++turn) {
    REQUIRE(decoder.decode(padded.json(), body));
    CHECK(body.quantity == 3);
    REQUIRE_FALSE(decoder.decode(bad.json(), body));
    REQUIRE(decoder.decode(good.json(), body));
    CHECK(body.quantity == 4);
  }
}

struct Header {
  std::string text;
  bool valid;
  std::string key;
};

TEST_CASE("an idempotency key is a quoted string or the bare value that most clients send") {
  const std::string longest(kIdempotencyKeyBytesMax, 'k');
  const auto header = GENERATE_COPY(values<Header>({
      {"k-1", true, "k-1"},
      {"\"k-1\"", true, "k-1"},
      {"\"a b\"", true, "a b"},
      {"\"a\\\"b\\\\c\"", true, "a\"b\\c"},
      {"a\"b", true, "a\"b"},
      {longest, true, longest},
      {"\"" + longest + "\"", true, longest},
      {"", false, ""},
      {"\"\"", false, ""},
      {"\"", false, ""},
      {"\"k", false, ""},
      {"\"k\"x\"", false, ""},
      {"\"k\\\"", false, ""},
      {"\"k\\n\"", false, ""},
      {"\"k\";a=1", false, ""},
      {longest + "k", false, ""},
      {"k\x7f", false, ""},
      {"k\t", false, ""},
      {"k\xc3\xbc", false, ""},
      {std::string("k\0", 2), false, ""},
  }));
  CAPTURE(header.text);
  std::string buffer;
  std::string_view key;
  REQUIRE(decode_idempotency_key(header.text, buffer, key) == header.valid);
  if (header.valid) CHECK(key == header.key);
}

}  // namespace
}  // namespace doorbuster
