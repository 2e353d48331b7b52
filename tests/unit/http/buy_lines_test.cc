// The lines of a basket: read as they were sent, refused as what they are, and compared with a second reader.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <random>

#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "doorbuster/http/buy_decoder.h"
#include "padded.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBodyMax = 16'384;
using Lines = std::vector<std::pair<std::string, std::uint32_t>>;

struct Read {
  Outcome outcome = Outcome::ok;
  std::string detail;
  Lines lines;
};

Read read(std::string_view json) {
  BuyDecoder decoder(kBodyMax);
  const Padded padded(json);
  BuyBody body;
  if (!decoder.decode(padded.json(), body)) return {decoder.outcome(), std::string(decoder.detail()), {}};
  Read read;
  for (const BuyLine& line : body.lines) read.lines.emplace_back(line.sku, line.quantity);
  return read;
}

// A basket's body; `more` are members with a comma in front.
std::string basket(const std::string& lines, const std::string& more = {}) {
  return R"({"campaign":"c","buyer":"b","lines":)" + lines + more + "}";
}
Outcome outcome_of(const std::string& lines, const std::string& more = {}) {
  const Read result = read(basket(lines, more));
  CHECK(result.detail.empty() == (result.outcome == Outcome::ok));
  return result.outcome;
}

std::string many(std::size_t count, const std::string& line = R"({"sku":"s-#"})") {
  std::string lines = "[";
  for (std::size_t i = 0; i < count; ++i) {
    std::string next = line;
    if (const auto at = next.find('#'); at != std::string::npos) next.replace(at, 1, std::to_string(i));
    lines += (i == 0 ? "" : ",") + next;
  }
  return lines + "]";
}

TEST_CASE("the lines of a basket are read in the order in which they were sent, also one SKU twice") {
  const Read result = read(
      basket(R"([{"sku":"tv","quantity":2},{"quantity":3,"sku":"a\u0063"},{"sku":"tv"} , { "sku" : "x" }])"));
  CHECK(result.detail.empty());
  CHECK(result.lines == Lines{{"tv", 2}, {"ac", 3}, {"tv", 1}, {"x", 1}});
  CHECK(read(basket(many(kBasketLinesMax))).lines.size() == kBasketLinesMax);
}

TEST_CASE("nothing of a basket is left in the body behind it") {
  BuyDecoder decoder(kBodyMax);
  const Padded full(basket(many(16, R"({"sku":"s-#","quantity":50})"))), small(basket(R"([{"sku":"a"}])")),
      single(R"({"campaign":"c","sku":"s","buyer":"b"})");
  BuyBody body;
  REQUIRE(decoder.decode(full.json(), body));
  CHECK(body.sku.empty());
  REQUIRE(decoder.decode(small.json(), body));
  REQUIRE(body.lines.size() == 1);
  CHECK(body.lines[0].quantity == 1);
  REQUIRE(decoder.decode(single.json(), body));
  CHECK(body.lines.empty());
  CHECK(body.sku == "s");
}

struct LinesCase {
  std::string lines;
  Outcome outcome;
};

TEST_CASE("a basket has one to sixteen lines, each with a SKU and perhaps a quantity") {
  const auto ok = Outcome::ok, range = Outcome::validation_failed, malformed = Outcome::malformed_request;
  const std::string longest(kIdentifierBytesMax, 'x');
  const auto sent = GENERATE_COPY(values<LinesCase>({
      {R"([{"sku":"a"}])", ok},
      {R"([{"sku":"a","quantity":1}])", ok},
      {R"([{"sku":"a","quantity":1000}])", ok},
      {"[{\"sku\":\"" + longest + "\"}]", ok},
      {many(16), ok},
      {"[]", range},
      {many(17), range},
      {many(200), range},
      {R"([{"sku":""}])", range},
      {R"([{"sku":"a b"}])", range},
      {"[{\"sku\":\"" + longest + "x\"}]", range},
      {R"([{"sku":"a","quantity":0}])", range},
      {R"([{"sku":"a","quantity":1001}])", range},
      {R"([{"sku":"a","quantity":-1}])", range},
      {R"([{"sku":"a","quantity":4294967297}])", range},
      {R"([{"sku":"a","quantity":18446744073709551615}])", range},
      {R"({"sku":"a"})", malformed},
      {R"("a")", malformed},
      {"null", malformed},
      {"7", malformed},
      {R"(["a"])", malformed},
      {"[null]", malformed},
      {"[[]]", malformed},
      {"[{}]", malformed},
      {R"([{"quantity":1}])", malformed},
      {R"([{"sku":null}])", malformed},
      {R"([{"sku":["a"]}])", malformed},
      {R"([{"sku":"a","quantity":"1"}])", malformed},
      {R"([{"sku":"a","quantity":1.0}])", malformed},
      {R"([{"sku":"a","quantity":1e2}])", malformed},
      {R"([{"sku":"a","quantity":null}])", malformed},
      {R"([{"sku":"a","price":1}])", malformed},
      {R"([{"sku":"a","sku":"a"}])", malformed},
      {R"([{"sku":"a","s\u006bu":"a"}])", malformed},
      {R"([{"sku":"a","quantity":1,"quantity":1}])", malformed},
      {R"([{"sku":"a"},])", malformed},
      {R"([{"sku":"a"} {"sku":"b"}])", malformed},
      {R"([{"sku":"a",}])", malformed},
      // What is malformed is told first, wherever it stands.
      {R"([{"sku":""},{"sku":7}])", malformed},
      {R"([{"sku":7},{"sku":""}])", malformed},
      {R"([{"quantity":0,"colour":1,"sku":"a"}])", malformed},
      {many(16).substr(0, many(16).size() - 1) + R"(,{"sku":"x"},null])", malformed},
      {many(40, R"({"quantity":1})"), malformed},
  }));
  CAPTURE(sent.lines);
  CHECK(outcome_of(sent.lines) == sent.outcome);
  CHECK(outcome_of(sent.lines, R"(,"expected_price":-1)") == (sent.outcome == malformed ? malformed : range));
  CHECK(outcome_of(sent.lines, R"(,"colour":1)") == malformed);
}

TEST_CASE("what a basket cannot have beside its lines is named") {
  const std::string lines = R"([{"sku":"a"}])";
  for (const char* name : {"sku", "quantity"}) {
    const std::string value = std::string(name) == "sku" ? "\"a\"" : "1";
    const Read result = read(basket(lines, ",\"" + std::string(name) + "\":" + value));
    CHECK(result.outcome == Outcome::validation_failed);
    CHECK(result.detail.find("\"" + std::string(name) + "\"") != std::string::npos);
    CHECK(result.detail.find("\"lines\"") != std::string::npos);
  }
  const Read waits = read(basket(lines, R"(,"wait":true)"));
  CHECK(waits.outcome == Outcome::validation_failed);
  CHECK(waits.detail.find("\"wait\"") != std::string::npos);
  CHECK(outcome_of(lines, R"(,"wait":false)") == Outcome::ok);  // as if it were not there
  CHECK(outcome_of(lines, R"(,"sku":7)") == Outcome::malformed_request);
  CHECK(outcome_of(lines, R"(,"lines":[])") == Outcome::malformed_request);
  CHECK(outcome_of(lines, R"(,"expected_price":1,"identities":["x"],"reference":"r")") == Outcome::ok);
  // Neither the one nor the other.
  CHECK(read(R"({"campaign":"c","buyer":"b"})").outcome == Outcome::malformed_request);
  CHECK(read(R"({"campaign":"c","buyer":"b","quantity":1})").outcome == Outcome::malformed_request);
  CHECK(read(R"({"lines":[{"sku":"a"}],"buyer":"b"})").outcome == Outcome::malformed_request);
  CHECK(read(R"({"lines":[{"sku":"a"}],"campaign":"c"})").outcome == Outcome::malformed_request);
}

TEST_CASE("the lines of one SKU together have at most a thousand units") {
  const auto of = [](const std::string& sku, int quantity) {
    return R"({"sku":")" + sku + R"(","quantity":)" + std::to_string(quantity) + "}";
  };
  CHECK(outcome_of("[" + of("a", 600) + "," + of("b", 1000) + "," + of("a", 400) + "]") == Outcome::ok);
  const Read above =
      read(basket("[" + of("b", 1000) + "," + of("a", 600) + "," + of("c", 1) + "," + of("a", 401) + "]"));
  CHECK(above.outcome == Outcome::validation_failed);
  CHECK(above.detail.find("\"a\"") != std::string::npos);
  CHECK(outcome_of(many(16, of("a", 62))) == Outcome::ok);
  CHECK(outcome_of(many(16, of("a", 63))) == Outcome::validation_failed);
  CHECK(outcome_of(many(16, of("s-#", 1000))) == Outcome::ok);
}

TEST_CASE("every cut of a good basket is malformed, whatever stands behind it") {
  const std::string good = basket(R"([{"sku":"a","quantity":12},{"sku":"\u0062"}])");
  REQUIRE(read(good).outcome == Outcome::ok);
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    CAPTURE(cut);
    REQUIRE(read(std::string_view(good).substr(0, cut)).outcome == Outcome::malformed_request);
  }
}

// --- the second reader
// --------------------------------------------------------------------------------------------

bool is_whole(const boost::json::value& value) {
  return value.is_int64() || value.is_uint64();
}
bool is_quantity(const boost::json::value& value) {
  return value.is_int64() && value.as_int64() >= 1 && value.as_int64() <= kQuantityMax;
}
std::string text_of(const boost::json::value& value) {
  return {value.as_string().data(), value.as_string().size()};
}

// What the contract says of `lines`, member by member, with nothing clever.
Outcome judge(const boost::json::value& value, Lines& lines) {
  if (!value.is_array()) return Outcome::malformed_request;
  bool in_range = !value.as_array().empty() && value.as_array().size() <= kBasketLinesMax;
  std::map<std::string, std::uint32_t> sums;
  for (const boost::json::value& line : value.as_array()) {
    if (!line.is_object() || !line.as_object().contains("sku")) return Outcome::malformed_request;
    std::uint32_t units = 1;
    for (const auto& member : line.as_object()) {
      if (member.key() == "sku") {
        if (!member.value().is_string()) return Outcome::malformed_request;
        in_range = in_range && is_identifier(text_of(member.value()));
      } else if (member.key() == "quantity") {
        if (!is_whole(member.value())) return Outcome::malformed_request;
        in_range = in_range && is_quantity(member.value());
        if (is_quantity(member.value())) units = static_cast<std::uint32_t>(member.value().as_int64());
      } else {
        return Outcome::malformed_request;
      }
    }
    const std::string sku = text_of(line.as_object().at("sku"));
    lines.emplace_back(sku, units);
    sums[sku] += units;
  }
  for (const auto& [sku, units] : sums) in_range = in_range && units <= kQuantityMax;
  return in_range ? Outcome::ok : Outcome::validation_failed;
}

// Mostly right, so that every kind of fault is met alone too.
std::string random_line(std::mt19937_64& random) {
  static const std::vector<std::string> kQuantities = {
      "1", "2", "500", "501", "1000", "1001", "0", "-3", "1.5", "\"1\"", "true", "18446744073709551615"};
  static const std::vector<std::string> kOdd = {
      "null", "[]", "{}", "\"a\"", R"({"quantity":1})", R"({"sku":"a","colour":1})", R"({"sku":{}})"};
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  if (below(60) == 0) return kOdd[below(kOdd.size())];
  const std::string sku = below(60) == 0 ? "a b" : std::string(1, static_cast<char>('a' + below(6)));
  std::vector<std::string> members = {"\"sku\":\"" + sku + "\""};
  if (below(2) == 0) {
    const std::size_t choice = below(20) == 0 ? below(kQuantities.size()) : below(3);
    members.push_back("\"quantity\":" + kQuantities[choice]);
  }
  std::shuffle(members.begin(), members.end(), random);
  return "{" + members[0] + (members.size() == 2 ? "," + members[1] : "") + "}";
}

TEST_CASE("a second reader says the same of any lines") {
  std::mt19937_64 random(11);
  std::map<Outcome, int> met;
  for (int turn = 0; turn < 4000; ++turn) {
    std::string text = "[";
    for (std::uint64_t i = random() % 19; i > 0; --i) text += random_line(random) + (i > 1 ? "," : "");
    text += "]";
    CAPTURE(text);
    Lines expected;
    const Outcome outcome = judge(boost::json::parse(text), expected);
    const Read result = read(basket(text));
    REQUIRE(result.outcome == outcome);
    if (outcome == Outcome::ok) REQUIRE(result.lines == expected);
    ++met[outcome];
  }
  for (const Outcome outcome : {Outcome::ok, Outcome::validation_failed, Outcome::malformed_request}) {
    CAPTURE(outcome_code(outcome));
    CHECK(met[outcome] > 400);
  }
}

}  // namespace
}  // namespace doorbuster
