// Tenants and the items of a catalog as records.

#include <algorithm>
#include <functional>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "model/payload.h"

namespace doorbuster {
namespace {

constexpr std::size_t kRecordHeadBytes = 40;
constexpr std::size_t kItemFixedBytes = 27;
constexpr std::size_t kSizeBytes = 2;  // in front of each text
static_assert(kRecordHeadBytes + kItemFixedBytes + 3 * kSizeBytes + kIdentifierBytesMax + kCategoryBytesMax +
                  3 + kItemAttributesMax * 2 * kSizeBytes + kItemAttributeBytesMax <=
              kJournalRecordBytesMax);

}  // namespace

void encode(const TenantPut& value, std::string& out) {
  put(out, value.tenant.value);
  put(out, static_cast<std::uint8_t>(value.listed));
  put_text(out, value.id);
}

std::optional<TenantPut> decode_tenant_put(std::span<const std::byte> payload) {
  Taker take(payload);
  TenantPut value;
  value.tenant.value = take.word<std::uint32_t>();
  value.listed = take.flag();
  value.id = take.sized_text(kIdentifierBytesMax);
  if (!take.done() || value.id.empty() || value.tenant.value == 0) return std::nullopt;
  return value;
}

void encode(const ItemPut& value, std::string& out) {
  put(out, value.item.value);
  put(out, value.tenant.value);
  put(out, value.list_price);
  put(out, value.stock);
  put(out, static_cast<std::uint8_t>(value.listed));
  put(out, static_cast<std::uint16_t>(value.attributes.size()));
  put_text(out, value.sku);
  put_text(out, value.category);
  put_text(out, value.currency);
  for (const ItemAttribute& attribute : value.attributes) {
    put_text(out, attribute.name);
    put_text(out, attribute.value);
  }
}

std::optional<ItemPut> decode_item_put(std::span<const std::byte> payload) {
  Taker take(payload);
  ItemPut value;
  value.item.value = take.word<std::uint32_t>();
  value.tenant.value = take.word<std::uint32_t>();
  value.list_price = take.word<std::int64_t>();
  value.stock = take.word<std::int64_t>();
  value.listed = take.flag();
  const auto attributes = take.word<std::uint16_t>();
  value.sku = take.sized_text(kIdentifierBytesMax);
  value.category = take.sized_text(kCategoryBytesMax);
  value.currency = take.sized_text(3);
  if (attributes > kItemAttributesMax) return std::nullopt;
  std::size_t bytes = 0;
  for (std::uint16_t i = 0; i < attributes && take.ok(); ++i) {
    ItemAttribute& attribute = value.attributes.emplace_back();
    attribute.name = take.sized_text(kIdentifierBytesMax);
    attribute.value = take.sized_text(kIdentifierBytesMax);
    if (attribute.name.empty()) return std::nullopt;
    bytes += attribute.name.size() + attribute.value.size();
  }
  const bool ascending = std::ranges::adjacent_find(value.attributes, std::greater_equal<>(),
                                                    &ItemAttribute::name) == value.attributes.end();
  const bool possible = value.stock >= 0 && value.stock <= kStockMax && value.list_price >= 0 &&
                        value.list_price <= kPriceMax && bytes <= kItemAttributeBytesMax && ascending;
  if (!take.done() || value.sku.empty() || !possible) return std::nullopt;
  return value;
}

}  // namespace doorbuster
