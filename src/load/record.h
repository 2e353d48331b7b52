#pragma once
// What the generator did, in its own words: the judge believes this and not the server.

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/tick.h"
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
  static constexpr Answer unexpected() { return Answer(3); }      // no answer that the request may have
  static constexpr Answer queued() { return Answer(4); }          // 202: a place in the line
  static constexpr Answer done() { return Answer(5); }            // 200: asked of an order, and so it is
  static constexpr Answer refused(Outcome code) {
    return Answer(static_cast<std::uint8_t>(kRefusals + static_cast<int>(code)));
  }

  constexpr bool unknown() const { return value_ == 0; }
  // A buy's yes.
  constexpr bool is_accepted() const { return value_ == 1 || value_ == 2; }
  constexpr bool is_queued() const { return value_ == 4; }
  constexpr bool is_done() const { return value_ == 5; }
  constexpr bool is_unexpected() const { return value_ == 3; }
  constexpr bool is(Outcome code) const { return value_ == refused(code).value_; }
  constexpr std::uint8_t index() const { return value_; }
  static constexpr std::size_t kRefusals = 6;
  static constexpr std::size_t kCount = kRefusals + kOutcomeCount;
  static std::string_view name(std::size_t index);
  friend constexpr bool operator==(Answer, Answer) = default;

 private:
  explicit constexpr Answer(std::uint8_t value) : value_(value) {}
  std::uint8_t value_ = 0;
};

// A refusal that says nothing about the request itself: asking again is what the server wants.
bool is_passing(Answer answer);

// What is asked: a buy, or one of the steps of an order's life.
enum class Verb : std::uint8_t { buy, confirm, cancel, payment_failed, extend, give_back, look, leave };
inline constexpr std::size_t kVerbCount = 8;
std::string_view verb_name(Verb verb);

// Which body was sent. What a buy's key stands for is (buyer, sku, quantity, expected price).
enum class Body : std::uint8_t {
  plain,
  other_quantity,  // buy: one unit more
  low_price,       // buy: below the price in force
  waits,           // buy: "wait": true
  shared,          // buy: with the identity of a device
  basket,          // buy: several SKUs in one order
  paid,            // confirm: with a payment reference
  scrapped,        // give_back: "restock": false
};

inline constexpr std::uint32_t kNoKey = 0;
inline constexpr std::uint32_t kNotTold = 0xffff'ffff;

// What to ask for: everything that the bytes of a request are made of.
struct Ask {
  std::uint32_t buyer = 0;
  std::uint32_t key = kNoKey;      // buy, give_back
  std::uint32_t about = kNotTold;  // a step: index into RunRecord::told, of the buy's reply
  std::uint16_t sku = 0;           // of a basket: the first of `lines` that follow each other in the campaign
  std::uint16_t quantity = 0;      // units, of a basket in all its lines; extend: seconds; 0: not said
  std::uint8_t lines = 1;          // buy: how many SKUs
  Verb verb = Verb::buy;
  Body body = Body::plain;
  Actor actor = Actor::shopper;
};

// One SKU of a buy: its index, and units.
struct AskedLine {
  std::uint16_t sku = 0;
  std::uint16_t quantity = 0;
};

// What line `line` of a buy asks for. The units are spread over the lines, the first ones have one more.
// After the last SKU comes the first.
constexpr AskedLine asked_line(const Ask& ask, std::uint32_t line, std::size_t sku_count) {
  const std::uint32_t more = line < std::uint32_t{ask.quantity} % ask.lines ? 1 : 0;
  return {static_cast<std::uint16_t>((ask.sku + std::size_t{line}) % sku_count),
          static_cast<std::uint16_t>(std::uint32_t{ask.quantity} / ask.lines + more)};
}

// each(AskedLine)
template <typename Each>
void for_each_line(const Ask& ask, std::size_t sku_count, Each&& each) {
  for (std::uint32_t line = 0; line < ask.lines; ++line) each(asked_line(ask, line, sku_count));
}

struct RequestRecord {
  std::int64_t planned_ns = 0;  // all three from the start of the load
  std::int64_t sent_ns = 0;
  std::int64_t answered_ns = -1;  // -1: the connection died first
  Ask ask;
  std::uint32_t told = kNotTold;  // index into RunRecord::told
  Answer answer;
  std::uint8_t refused_line = 0;  // of a basket: which of its lines the refusal is about
  bool replayed : 1 = false;      // Idempotent-Replayed: true
  bool not_durable : 1 = false;   // "durable": false
  std::uint8_t tries : 6 = 0;     // how often this visitor had asked before
};
static_assert(sizeof(RequestRecord) == 56);

// An order's opaque public name; a place in the line has one like it.
struct OrderName {
  static constexpr std::size_t kBytesMax = 40;  // by the contract
  std::array<char, kBytesMax> bytes{};
  std::uint8_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
  friend bool operator==(const OrderName& a, const OrderName& b) { return a.view() == b.view(); }
};

// Where an order or a place in the line stands. The enumerator is also the contract's word.
enum class Standing : std::uint8_t { none, held, confirmed, cancelled, expired, waiting, left, ended };
inline constexpr std::size_t kStandingCount = 8;
std::string_view standing_name(Standing standing);  // "none" for none
Standing standing_of(std::string_view word);        // none for a word that is none of them

// What one reply said about an order.
struct Told {
  OrderName name;
  Standing standing = Standing::none;  // of an offered place: the order's
  bool ticket : 1 = false;             // it is about a place in the line, which ...
  bool offered : 1 = false;            // ... has become an order
  bool refund_due : 1 = false;
  std::uint16_t confirmed = 0;  // "confirmed_quantity"; 0: not said
  std::uint16_t returned = 0;
  std::uint32_t position = 0;  // in the line; 0: not said
  Tick expires_at;             // by the server's clock; 0: not said
};
static_assert(sizeof(Told) == 64);

// Anything that no request may be answered with: kept in words, at most kUnexpectedMax of them.
inline constexpr std::size_t kUnexpectedMax = 20;

struct RunRecord {
  std::vector<RequestRecord> requests;
  std::vector<Told> told;
  std::vector<std::string> unexpected;
  std::int64_t planned_visitors = 0;
  std::int64_t unsent_visitors = 0;  // the server was gone, or time was up
  std::int64_t connections_opened = 0;
  std::int64_t connections_lost = 0;  // closed by the server or the network while a request was in flight
  bool gave_up = false;               // no connection could be kept: the load stopped before its plan
  void append(RunRecord&& other);
  std::string_view name_in(const RequestRecord& request) const { return told[request.told].name.view(); }
};

// The server's wall clock against the record's time.
struct ServerClock {
  std::int64_t zero_ns = 0;   // its time at the record's time 0
  std::int64_t error_ns = 0;  // how far off that can be
  std::int64_t record_ns(Tick tick) const { return tick.ns - zero_ns; }
};

// The words that stand for numbers on the wire. Fixed widths, so that a request is a template with holes.
class Names {
 public:
  static constexpr std::size_t kBuyerDigits = 8;
  static constexpr std::size_t kKeyDigits = 10;
  explicit Names(std::string run)
      : buyer_prefix_("b-" + run + "-"),
        key_prefix_("k-" + run + "-"),
        device_prefix_("device:" + run + "-") {}
  const std::string& buyer_prefix() const { return buyer_prefix_; }
  const std::string& key_prefix() const { return key_prefix_; }
  const std::string& device_prefix() const { return device_prefix_; }
  std::string buyer(std::uint32_t number) const;
  std::string key(std::uint32_t number) const;
  // The device that a buyer shares with its neighbours.
  static std::uint32_t device_number(std::uint32_t buyer) { return buyer / kSharersOfADevice; }
  std::string device(std::uint32_t buyer) const;
  static std::string payment(std::string_view order) { return "pay-" + std::string(order); }
  // Writes `number` as decimal with leading zeros into `digits` places.
  static void write_digits(char* out, std::size_t digits, std::uint32_t number);

 private:
  std::string buyer_prefix_, key_prefix_, device_prefix_;
};

}  // namespace doorbuster::load
