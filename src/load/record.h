#pragma once
// What the generator did, in its own words: the judge believes this and not the server.

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/load/scenario.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster::load {

// What came back for one request: nothing, an acceptance, a refusal that the contract knows, or something
// else.
class Answer {
 public:
  constexpr Answer() = default;  // no answer: nobody knows what became of the request
  static constexpr Answer accepted() { return Answer(1); }
  static constexpr Answer accepted_async() { return Answer(2); }  // 202
  static constexpr Answer unexpected() { return Answer(3); }      // no answer that a buy may have
  static constexpr Answer refused(Outcome code) {
    return Answer(static_cast<std::uint8_t>(4 + static_cast<int>(code)));
  }

  constexpr bool unknown() const { return value_ == 0; }
  constexpr bool is_accepted() const { return value_ == 1 || value_ == 2; }
  constexpr bool is_unexpected() const { return value_ == 3; }
  constexpr bool is(Outcome code) const { return value_ == refused(code).value_; }
  constexpr std::uint8_t index() const { return value_; }
  static constexpr std::size_t kCount = 4 + kOutcomeCount;
  static std::string_view name(std::size_t index);
  friend constexpr bool operator==(Answer, Answer) = default;

 private:
  explicit constexpr Answer(std::uint8_t value) : value_(value) {}
  std::uint8_t value_ = 0;
};

// A refusal that says nothing about the buy itself: asking again is what the server wants.
bool is_passing(Answer answer);

// Which body was sent: what a key stands for is (buyer, sku, quantity, expected price).
enum class Body : std::uint8_t { plain, other_quantity, low_price };

inline constexpr std::uint32_t kNoKey = 0;
inline constexpr std::uint32_t kNoOrder = 0xffff'ffff;

// What to ask for: everything that the bytes of a request are made of.
struct Ask {
  std::uint32_t buyer = 0;
  std::uint32_t key = kNoKey;
  std::uint16_t sku = 0;
  Body body = Body::plain;
  Actor actor = Actor::shopper;
};

struct RequestRecord {
  std::int64_t planned_ns = 0;  // all three from the start of the load
  std::int64_t sent_ns = 0;
  std::int64_t answered_ns = -1;  // -1: the connection died first
  Ask ask;
  std::uint32_t order = kNoOrder;  // index into RunRecord::orders
  std::uint16_t quantity = 0;
  Answer answer;
  bool replayed : 1 = false;     // Idempotent-Replayed: true
  bool not_durable : 1 = false;  // "durable": false
  std::uint8_t tries : 6 = 0;    // how often this visitor had asked before
};
static_assert(sizeof(RequestRecord) == 48);

// An order's opaque public name.
struct OrderName {
  static constexpr std::size_t kBytesMax = 40;  // by the contract
  std::array<char, kBytesMax> bytes{};
  std::uint8_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
  friend bool operator==(const OrderName& a, const OrderName& b) { return a.view() == b.view(); }
};

// Anything that no buy may be answered with: kept in words, at most kUnexpectedMax of them.
inline constexpr std::size_t kUnexpectedMax = 20;

struct RunRecord {
  std::vector<RequestRecord> requests;
  std::vector<OrderName> orders;
  std::vector<std::string> unexpected;
  std::int64_t planned_visitors = 0;
  std::int64_t unsent_visitors = 0;  // the server was gone, or time was up
  std::int64_t connections_opened = 0;
  std::int64_t connections_lost = 0;  // closed by the server or the network while a request was in flight
  bool gave_up = false;               // no connection could be kept: the load stopped before its plan
  void append(RunRecord&& other);
};

// The words that stand for numbers on the wire. Fixed widths, so that a request is a template with holes.
class Names {
 public:
  static constexpr std::size_t kBuyerDigits = 8;
  static constexpr std::size_t kKeyDigits = 10;
  explicit Names(std::string run) : buyer_prefix_("b-" + run + "-"), key_prefix_("k-" + run + "-") {}
  const std::string& buyer_prefix() const { return buyer_prefix_; }
  const std::string& key_prefix() const { return key_prefix_; }
  std::string buyer(std::uint32_t number) const;
  std::string key(std::uint32_t number) const;
  // Writes `number` as decimal with leading zeros into `digits` places.
  static void write_digits(char* out, std::size_t digits, std::uint32_t number);

 private:
  std::string buyer_prefix_, key_prefix_;
};

}  // namespace doorbuster::load
