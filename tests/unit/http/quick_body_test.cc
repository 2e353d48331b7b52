// The quick way to read a buy's body takes the bodies that clients send, and whatever it takes, the strict
// way takes as the same: these tests compare the two.
#include "http/quick_body.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "http/body_reader.h"
#include "http/byte_run.h"
#include "padded.h"
#include "support/alike.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// "taken": quick has read it. "left": it has not. Else what the two ways do not agree on.
class BothWays {
 public:
  // REQUIRES: kBodyPaddingBytes may be read behind `json`.
  std::string read(std::string_view json) {
    BuyBody quick, strict;
    if (!decode_quickly(json, quick)) return "left";
    if (!decode_strictly(reader_, lines_, json, strict)) return "refused: " + std::string(reader_.detail());
    const std::string_view difference = differing_member(quick, strict);
    return difference.empty() ? "taken" : std::string(difference);
  }

 private:
  BodyReader reader_{16'384};
  std::array<BuyLine, kBasketLinesMax> lines_;
};

std::string quick_on(const std::string& json) {
  static BothWays ways;
  return ways.read(Padded(json).json());
}

std::string with(const std::string& members) {
  return R"({"campaign":"c","sku":"s","buyer":"b",)" + members + "}";
}

const std::string kFull =
    R"({"campaign":"black-friday","sku":"tv-55-oled","quantity":1000,"buyer":"b-829301",)"
    R"("expected_price":49900,"channel":"app","region":"de","segment":"gold","reference":"r 1 #+~!",)"
    R"("wait":true,"token":"eyJ.a-b_c"})";

TEST_CASE("a body as clients send it is taken the quick way, and as the strict way takes it") {
  for (const std::string& json : {
           std::string(R"({"campaign":"black-friday","sku":"tv-55-oled","quantity":1,"buyer":"b-829301"})"),
           std::string(
               R"({"campaign": "black-friday", "sku": "tv-55-oled", "buyer": "b-829301"})"),  // Python
           std::string("{\n  \"campaign\" : \"c\",\r\n\t\"sku\": \"s\",\n  \"buyer\": \"b\"\n}\n"),
           std::string(" {\"buyer\":\"b\",\"sku\":\"s\",\"campaign\":\"c\"} "),
           kFull,
           with(R"("wait":false)"),
           with(R"("quantity":1000,"expected_price":0)"),
           with(R"("expected_price":1000000000000)"),
           with(R"("reference":"")"),
           with("\"reference\":\"" + std::string(kReferenceBytesMax, '~') + "\""),
           with("\"token\":\"" + std::string(kAudienceTokenBytesMax, 'x') + "\""),
           with("\"channel\":\"" + std::string(kIdentifierBytesMax, 'x') + "\""),
       }) {
    CAPTURE(json);
    CHECK(quick_on(json) == "taken");
  }
}

const std::string kUnusualShapes[] = {"",
                                      " ",
                                      "{",
                                      "{}",
                                      "[]",
                                      "null",
                                      "\"campaign\"",
                                      "\xef\xbb\xbf" + kFull,
                                      R"({"campaign":"c","sku":"s"})",
                                      R"({"campaign":"c","buyer":"b"})",
                                      R"({"sku":"s","buyer":"b"})",
                                      kFull + "x",
                                      kFull + "}",
                                      kFull + ",",
                                      kFull + kFull,
                                      kFull + std::string(1, '\0'),
                                      R"({"campaign":"c","sku":"s","buyer":"b",})",
                                      R"({,"campaign":"c","sku":"s","buyer":"b"})",
                                      R"({"campaign":"c" "sku":"s","buyer":"b"})",
                                      R"({"campaign":"c",,"sku":"s","buyer":"b"})",
                                      R"({"campaign" "c","sku":"s","buyer":"b"})",
                                      R"({"campaign"::"c","sku":"s","buyer":"b"})",
                                      R"({"campaign":"c","sku":"s","buyer":"b"])",
                                      R"({'campaign':"c","sku":"s","buyer":"b"})",
                                      R"({"campaign":"c","lines":[{"sku":"s"}],"buyer":"b"})"};

// Beside "campaign", "sku" and "buyer".
const char* const kUnusualMembers[] = {R"("sku":"s")",
                                       R"("campaign":"c")",
                                       R"("buyer":"b")",
                                       R"("channel":"a","channel":"a")",
                                       R"("quantity":1,"quantity":1)",
                                       R"("wait":true,"wait":true)",
                                       R"("reference":"","reference":"")",
                                       R"("Sku":"s")",
                                       R"("sku ":"s")",
                                       R"("s\u006bu":"s")",
                                       R"("":"s")",
                                       R"("color":"red")",
                                       R"("quantityx":1)",
                                       R"("quantit":1)",
                                       R"(quantity:1)",
                                       R"("lines":[])",
                                       R"("identities":["a"])",
                                       R"("quantity":0)",
                                       R"("quantity":1001)",
                                       R"("quantity":-1)",
                                       R"("quantity":+1)",
                                       R"("quantity":01)",
                                       R"("quantity":00)",
                                       R"("quantity":1.0)",
                                       R"("quantity":1e0)",
                                       R"("quantity":1E2)",
                                       R"("quantity":.5)",
                                       R"("quantity":"1")",
                                       R"("quantity":true)",
                                       R"("quantity":null)",
                                       R"("quantity":[1])",
                                       R"("quantity":{})",
                                       R"("quantity":)",
                                       R"("quantity":1 2)",
                                       R"("quantity":0x1)",
                                       R"("quantity":4294967297)",
                                       R"("expected_price":1000000000001)",
                                       R"("expected_price":-0)",
                                       R"("expected_price":0000000000000001)",
                                       R"("expected_price":18446744073709551617)",
                                       R"("wait":tru)",
                                       R"("wait":truefalse)",
                                       R"("wait":True)",
                                       R"("wait":1)",
                                       R"("wait":"true")",
                                       R"("channel":"")",
                                       R"("channel":"a b")",
                                       R"("channel":"a/b")",
                                       R"("channel":"a\u0062")",
                                       R"("channel":7)",
                                       R"("channel":null)",
                                       R"("reference":"a\nb")",
                                       R"("reference":"\"")",
                                       R"("reference":7)",
                                       R"("token":"")",
                                       R"("token":{})"};

TEST_CASE("what is unusual in a body leaves it to the strict way") {
  std::vector<std::string> bodies(std::begin(kUnusualShapes), std::end(kUnusualShapes));
  for (const char* member : kUnusualMembers) bodies.push_back(with(member));
  for (const std::string& byte :
       {std::string(1, '\0'), std::string("\x1f"), std::string("\t"), std::string("\n"), std::string("\x7f"),
        std::string("\xc3\xbc"), std::string("\xff")}) {
    bodies.push_back(with("\"reference\":\"a" + byte + "\""));
    bodies.push_back(with("\"channel\":\"a" + byte + "\""));
    bodies.push_back(kFull + byte + (byte == "\n" || byte == "\t" ? "x" : ""));
  }
  bodies.push_back(with("\"reference\":\"" + std::string(kReferenceBytesMax + 1, 'x') + "\""));
  bodies.push_back(with("\"token\":\"" + std::string(kAudienceTokenBytesMax + 1, 'x') + "\""));
  bodies.push_back(with("\"channel\":\"" + std::string(kIdentifierBytesMax + 1, 'x') + "\""));
  for (const std::string& json : bodies) {
    CAPTURE(json);
    CHECK(quick_on(json) == "left");
  }
}

TEST_CASE("a body that has been cut is left, also when what is behind it would go on") {
  BothWays ways;
  std::string text = kFull;
  text.append(kBodyPaddingBytes, ' ');
  for (std::size_t cut = 0; cut < kFull.size(); ++cut) {
    CAPTURE(cut);
    // In a buffer that ends with the padding, so that a byte too far is seen by a sanitizer.
    const std::string_view readable = std::string_view(text).substr(0, cut + kBodyPaddingBytes);
    const std::vector<char> bytes(readable.begin(), readable.end());
    REQUIRE(ways.read({bytes.data(), cut}) == "left");
    REQUIRE(quick_on(kFull.substr(0, cut)) == "left");
  }
  // Runs that no padding ends.
  for (const char behind : {'x', ' ', '7', '"'}) {
    for (const std::string_view front : {R"({"campaign":"c)", R"({"campaign":"c" )", R"({"quantity":7)"}) {
      std::vector<char> bytes(front.begin(), front.end());
      bytes.resize(front.size() + kBodyPaddingBytes, behind);
      CAPTURE(behind, front);
      REQUIRE(ways.read({bytes.data(), front.size()}) == "left");
    }
  }
}

TEST_CASE("whatever one byte of a body is changed to, added or lost, the two ways do not disagree") {
  BothWays ways;
  const auto agrees = [&](const std::string& json) {
    const std::string outcome = ways.read(Padded(json).json());
    return outcome == "taken" || outcome == "left";
  };
  for (std::size_t at = 0; at < kFull.size(); ++at) {
    CAPTURE(at);
    REQUIRE(agrees(std::string(kFull).erase(at, 1)));
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      std::string changed = kFull;
      changed[at] = static_cast<char>(byte);
      REQUIRE(agrees(changed));
      REQUIRE(agrees(std::string(kFull).insert(at, 1, static_cast<char>(byte))));
    }
  }
}

TEST_CASE("members are taken in any order") {
  std::vector<std::string> members = {R"("campaign":"c")", R"("sku":"s")",    R"("buyer":"b")",
                                      R"("quantity":9)",   R"("wait":true)",  R"("reference":"r")",
                                      R"("region":"de")",  R"("token":"t.t")"};
  std::mt19937 random(7);
  for (int turn = 0; turn < 200; ++turn) {
    std::shuffle(members.begin(), members.end(), random);
    std::string json = "{";
    for (const std::string& member : members) json += member + (&member == &members.back() ? "}" : ",");
    CAPTURE(json);
    REQUIRE(quick_on(json) == "taken");
  }
}

TEST_CASE("a byte is an identifier's when is_identifier() says so") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    CAPTURE(byte);
    CHECK(IdentifierByte::has(c) == is_identifier({&c, 1}));
  }
}

}  // namespace
}  // namespace doorbuster
