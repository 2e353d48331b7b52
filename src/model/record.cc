#include "doorbuster/model/record.h"

#include <bit>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

static_assert(std::endian::native == std::endian::little, "the codecs copy words as they are in memory");

template <typename Word>
void put(std::string& out, Word word) {
  char bytes[sizeof(Word)];
  std::memcpy(bytes, &word, sizeof(Word));
  out.append(bytes, sizeof(Word));
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

// Takes words off the front of a payload. After the first that is not there, ok() is false for good.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> bytes) : rest_(bytes) {}
  template <typename Word>
  Word word() {
    Word value{};
    if (rest_.size() < sizeof(Word)) {
      ok_ = false;
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(Word));
    rest_ = rest_.subspan(sizeof(Word));
    return value;
  }
  std::string_view text(std::size_t size) {
    if (rest_.size() < size) {
      ok_ = false;
      return {};
    }
    const std::string_view view(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return view;
  }
  std::string_view sized_text(std::size_t size_max) {
    const auto size = word<std::uint16_t>();
    if (size > size_max) ok_ = false;
    return ok_ ? text(size) : std::string_view{};
  }
  bool flag() {
    const auto value = word<std::uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  void fail() { ok_ = false; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

// The fixed part of an order's payload.
struct OrderFixed {
  std::uint64_t number;
  std::int64_t unit_price;
  std::int64_t expected_price;
  std::uint32_t quantity;
  std::uint32_t reserved_zero;
  std::uint8_t buyer_bytes, key_bytes, reference_bytes, channel_bytes, region_bytes, segment_bytes;
  std::uint16_t flags_zero;
};
static_assert(sizeof(OrderFixed) == kOrderFixedBytes);
static_assert(kIdempotencyKeyBytesMax <= 255);

// What a request can have asked for. An order beyond it would also not fit where orders are kept.
bool within_bounds(const Order& order) {
  const bool numbers = order.quantity >= 1 && order.quantity <= kQuantityMax && order.unit_price >= 0 &&
                       order.unit_price <= kPriceMax && order.expected_price >= Buy::kNoExpectedPrice &&
                       order.expected_price <= kPriceMax;
  const bool identifiers = !order.buyer.empty() && order.buyer.size() <= kIdentifierBytesMax &&
                           order.channel.size() <= kIdentifierBytesMax &&
                           order.region.size() <= kIdentifierBytesMax &&
                           order.segment.size() <= kIdentifierBytesMax;
  return numbers && identifiers && order.key.size() <= kIdempotencyKeyBytesMax &&
         order.reference.size() <= kReferenceBytesMax;
}

}  // namespace

std::string_view record_kind_name(RecordKind kind) {
  switch (kind) {
    case RecordKind::batch_end:
      return "batch_end";
    case RecordKind::folder_created:
      return "folder_created";
    case RecordKind::catalog_change_begin:
      return "catalog_change_begin";
    case RecordKind::campaign_put:
      return "campaign_put";
    case RecordKind::offer_put:
      return "offer_put";
    case RecordKind::catalog_change_end:
      return "catalog_change_end";
    case RecordKind::order_confirmed:
      return "order_confirmed";
  }
  return "unknown";
}

void encode(const FolderCreated& value, std::string& out) {
  put(out, value.table_key.k0);
  put(out, value.table_key.k1);
  put(out, value.order_id_key.k0);
  put(out, value.order_id_key.k1);
}

std::optional<FolderCreated> decode_folder_created(std::span<const std::byte> payload) {
  Taker take(payload);
  FolderCreated value;
  value.table_key.k0 = take.word<std::uint64_t>();
  value.table_key.k1 = take.word<std::uint64_t>();
  value.order_id_key.k0 = take.word<std::uint64_t>();
  value.order_id_key.k1 = take.word<std::uint64_t>();
  if (!take.done()) return std::nullopt;
  return value;
}

void encode(const CatalogChange& value, std::string& out) {
  put(out, value.change);
  put(out, value.records);
}

std::optional<CatalogChange> decode_catalog_change(std::span<const std::byte> payload) {
  Taker take(payload);
  CatalogChange value;
  value.change = take.word<std::uint64_t>();
  value.records = take.word<std::uint32_t>();
  if (!take.done()) return std::nullopt;
  return value;
}

void encode(const CampaignPut& value, std::string& out) {
  put(out, value.campaign.value);
  put(out, value.tenant.value);
  put(out, value.starts_at.ns);
  put(out, value.ends_at.ns);
  put(out, value.hold_seconds);
  put(out, value.limit_per_buyer);
  put(out, static_cast<std::uint8_t>(value.listed));
  put(out, static_cast<std::uint8_t>(value.show_remaining));
  put_text(out, value.id);
  put_text(out, value.name);
  put_text(out, value.currency);
}

std::optional<CampaignPut> decode_campaign_put(std::span<const std::byte> payload) {
  Taker take(payload);
  CampaignPut value;
  value.campaign.value = take.word<std::uint32_t>();
  value.tenant.value = take.word<std::uint32_t>();
  value.starts_at.ns = take.word<std::int64_t>();
  value.ends_at.ns = take.word<std::int64_t>();
  value.hold_seconds = take.word<std::uint32_t>();
  value.limit_per_buyer = take.word<std::uint32_t>();
  value.listed = take.flag();
  value.show_remaining = take.flag();
  value.id = take.sized_text(kIdentifierBytesMax);
  value.name = take.sized_text(kNameBytesMax);
  value.currency = take.sized_text(3);
  if (!take.done() || value.id.empty() || value.starts_at >= value.ends_at) return std::nullopt;
  return value;
}

void encode(const OfferPut& value, std::string& out) {
  put(out, value.offer.value);
  put(out, value.campaign.value);
  put(out, value.stock);
  put(out, value.list_price);
  put(out, value.price);
  put(out, static_cast<std::uint8_t>(value.listed));
  put_text(out, value.sku);
}

std::optional<OfferPut> decode_offer_put(std::span<const std::byte> payload) {
  Taker take(payload);
  OfferPut value;
  value.offer.value = take.word<std::uint32_t>();
  value.campaign.value = take.word<std::uint32_t>();
  value.stock = take.word<std::int64_t>();
  value.list_price = take.word<std::int64_t>();
  value.price = take.word<std::int64_t>();
  value.listed = take.flag();
  value.sku = take.sized_text(kIdentifierBytesMax);
  const bool possible =
      value.stock >= 0 && value.stock <= kStockMax && value.price >= 0 && value.price <= kPriceMax;
  if (!take.done() || value.sku.empty() || !possible) return std::nullopt;
  return value;
}

std::size_t encode(const Order& order, std::span<std::byte> out) {
  const OrderFixed fixed = {
      .number = order.number.value,
      .unit_price = order.unit_price,
      .expected_price = order.expected_price,
      .quantity = order.quantity,
      .reserved_zero = 0,
      .buyer_bytes = static_cast<std::uint8_t>(order.buyer.size()),
      .key_bytes = static_cast<std::uint8_t>(order.key.size()),
      .reference_bytes = static_cast<std::uint8_t>(order.reference.size()),
      .channel_bytes = static_cast<std::uint8_t>(order.channel.size()),
      .region_bytes = static_cast<std::uint8_t>(order.region.size()),
      .segment_bytes = static_cast<std::uint8_t>(order.segment.size()),
      .flags_zero = 0,
  };
  DOORBUSTER_CHECK(out.size() >= order_payload_bytes(order));
  std::memcpy(out.data(), &fixed, sizeof fixed);
  std::size_t at = sizeof fixed;
  for (const std::string_view text :
       {order.buyer, order.key, order.reference, order.channel, order.region, order.segment}) {
    if (text.empty()) continue;
    std::memcpy(out.data() + at, text.data(), text.size());
    at += text.size();
  }
  return at;
}

std::optional<Order> decode_order(std::span<const std::byte> payload, Tick decided_at) {
  Taker take(payload);
  const auto fixed = take.word<OrderFixed>();
  Order order;
  order.number.value = fixed.number;
  order.quantity = fixed.quantity;
  order.unit_price = fixed.unit_price;
  order.expected_price = fixed.expected_price;
  order.decided_at = decided_at;
  order.buyer = take.text(fixed.buyer_bytes);
  order.key = take.text(fixed.key_bytes);
  order.reference = take.text(fixed.reference_bytes);
  order.channel = take.text(fixed.channel_bytes);
  order.region = take.text(fixed.region_bytes);
  order.segment = take.text(fixed.segment_bytes);
  const bool zeros = fixed.reserved_zero == 0 && fixed.flags_zero == 0;
  if (!take.done() || !zeros || !within_bounds(order)) return std::nullopt;
  return order;
}

}  // namespace doorbuster
