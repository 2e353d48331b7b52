#include "quick_body.h"

#include <cstdint>
#include <cstring>

#include "byte_run.h"

namespace doorbuster {
namespace {

// One copy of it: it is long, and asked for in many places.
[[gnu::noinline]] const char* skip_identifier(const char* at, const char* end) {
  return skip_run<IdentifierByte>(at, end);
}

// The tokens of a JSON text, as far as they are plain. Each take function passes one, with the white space in
// front of it; false: there is another one. What is passed is always within the text. What is looked at may
// be in the padding behind it.
class PlainTokens {
 public:
  explicit PlainTokens(std::string_view json) : at_(json.data()), end_(at_ + json.size()) {}

  bool take(char c) { return take_here(c) || (is_space() && take_behind_space(c)); }
  bool take_end() {
    skip_space();
    return at_ == end_;
  }

  // A string of letters and '_': `quoted` is it and the quote behind it. REQUIRES: take('"').
  template <std::size_t N>
  bool take_name(const char (&quoted)[N]) {
    return take_word(quoted);
  }

  bool take_identifier(std::string_view& out) {
    if (!take('"') || !take_string(skip_identifier(at_, readable_end()), out)) return false;
    return !out.empty() && out.size() <= kIdentifierBytesMax;
  }

  bool take_text(std::size_t bytes_min, std::size_t bytes_max, std::string_view& out) {
    if (!take('"') || !take_string(skip_run<PlainTextByte>(at_, readable_end()), out)) return false;
    return out.size() >= bytes_min && out.size() <= bytes_max;
  }

  bool take_bool(bool& out) {
    skip_space();
    out = take_word("true");
    return out || take_word("false");
  }

  // Digits without a sign. What makes a fraction or an exponent of them is no token that may come next.
  template <typename Integer>
  bool take_integer(std::int64_t min, std::int64_t max, Integer& out) {
    skip_space();
    const char* const first = at_;
    std::int64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - first == kDigitsMax) return false;
      value = value * 10 + (*at_ - '0');
    }
    if (at_ == first || (*first == '0' && at_ - first > 1) || value < min || value > max) return false;
    out = static_cast<Integer>(value);  // the caller's bounds are those of its type
    return true;
  }

 private:
  static constexpr std::ptrdiff_t kDigitsMax = 15;

  const char* readable_end() const { return end_ + kBodyPaddingBytes; }
  bool is_space() const { return *at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'; }
  void skip_space() {
    while (at_ != end_ && is_space()) ++at_;
  }

  bool take_here(char c) {
    if (*at_ != c || at_ == end_) return false;
    ++at_;
    return true;
  }
  bool take_behind_space(char c) {
    skip_space();
    return take_here(c);
  }

  // From here to `stop`, which must be the string's end and not a byte that the string may not have.
  bool take_string(const char* stop, std::string_view& out) {
    if (stop >= end_ || *stop != '"') return false;
    out = {at_, stop};
    at_ = stop + 1;
    return true;
  }

  template <std::size_t N>
  bool take_word(const char (&word)[N]) {
    constexpr std::ptrdiff_t kBytes = N - 1;
    static_assert(kBytes <= kBodyPaddingBytes);
    if (std::memcmp(at_, word, kBytes) != 0 || end_ - at_ < kBytes) return false;
    at_ += kBytes;
    return true;
  }

  const char* at_;
  const char* const end_;
};

class QuickBody {
 public:
  QuickBody(std::string_view json, BuyBody& body) : tokens_(json), body_(body) {}

  bool take() {
    if (!tokens_.take('{')) return false;
    do {
      if (!take_member()) return false;
    } while (tokens_.take(','));
    return tokens_.take('}') && tokens_.take_end() && (seen_ & kRequired) == kRequired;
  }

 private:
  enum Member : std::uint32_t {
    campaign = 1U << 0,
    sku = 1U << 1,
    buyer = 1U << 2,
    quantity = 1U << 3,
    expected_price = 1U << 4,
    channel = 1U << 5,
    region = 1U << 6,
    segment = 1U << 7,
    reference = 1U << 8,
    wait = 1U << 9,
    token = 1U << 10,
  };
  static constexpr std::uint32_t kRequired = campaign | sku | buyer;

  // With the bounds of the strict way: take_member() in buy_decoder.cc.
  bool take_member() {
    PlainTokens& json = tokens_;
    if (!json.take('"')) return false;
    if (json.take_name("campaign\"")) return begin(campaign) && json.take_identifier(body_.campaign);
    if (json.take_name("sku\"")) return begin(sku) && json.take_identifier(body_.sku);
    if (json.take_name("quantity\""))
      return begin(quantity) && json.take_integer(1, kQuantityMax, body_.quantity);
    if (json.take_name("buyer\"")) return begin(buyer) && json.take_identifier(body_.buyer);
    if (json.take_name("expected_price\"")) {
      return begin(expected_price) && json.take_integer(0, kPriceMax, body_.expected_price);
    }
    if (json.take_name("channel\"")) return begin(channel) && json.take_identifier(body_.channel);
    if (json.take_name("region\"")) return begin(region) && json.take_identifier(body_.region);
    if (json.take_name("segment\"")) return begin(segment) && json.take_identifier(body_.segment);
    if (json.take_name("reference\"")) {
      return begin(reference) && json.take_text(0, kReferenceBytesMax, body_.reference);
    }
    if (json.take_name("token\""))
      return begin(token) && json.take_text(1, kAudienceTokenBytesMax, body_.token);
    if (json.take_name("wait\"")) return begin(wait) && json.take_bool(body_.wait);
    return false;
  }

  // A member's value comes next, and it is the member's first.
  bool begin(Member member) {
    if ((seen_ & member) != 0) return false;
    seen_ |= member;
    return tokens_.take(':');
  }

  PlainTokens tokens_;
  BuyBody& body_;
  std::uint32_t seen_ = 0;
};

}  // namespace

bool decode_quickly(std::string_view json, BuyBody& body) {
  static constexpr BuyBody kNew;  // copied: quicker than filling so many bytes with `= {}`
  body = kNew;
  return QuickBody(json, body).take();
}

}  // namespace doorbuster
