// Orders to the bytes of a checkpoint and back: rows as they stand in memory, without the places of their
// texts.

#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/engine/order_store.h"

namespace doorbuster {
namespace {

constexpr std::size_t padded_to_8(std::size_t bytes) {
  return (bytes + 7) & ~std::size_t{7};
}

// What a store can be given without going beyond its bounds. That the numbers are right is for the state
// hash to say.
bool is_possible(const OrderRow& row, const OrderLife& life) {
  return row.buyer_bytes <= kIdentifierBytesMax && row.channel_bytes <= kIdentifierBytesMax &&
         row.region_bytes <= kIdentifierBytesMax && row.segment_bytes <= kIdentifierBytesMax &&
         row.key_bytes <= kIdempotencyKeyBytesMax && row.reference_bytes <= kReferenceBytesMax &&
         life.payment_bytes <= kReferenceBytesMax && row.identities <= kIdentitiesMax &&
         row.lines <= kBasketLinesMax && row.buyer_bytes != 0 && !row.is_vacant &&
         row.status <= OrderStatus::waiting && row.first_status <= OrderStatus::waiting && !row.is_pinned &&
         row.text == 0 && life.payment == 0 && (!row.is_part || row.has_life) &&
         !(row.is_part && row.lines != 0);
}

}  // namespace

std::optional<SavedOrder> read_saved_order(std::span<const std::byte> bytes) {
  SavedOrder saved{};
  if (bytes.size() < sizeof saved.row) return std::nullopt;
  std::memcpy(&saved.row, bytes.data(), sizeof saved.row);
  std::size_t at = sizeof saved.row;
  if (saved.row.has_life) {
    if (bytes.size() < at + sizeof saved.life) return std::nullopt;
    std::memcpy(&saved.life, bytes.data() + at, sizeof saved.life);
    at += sizeof saved.life;
  }
  if (!is_possible(saved.row, saved.life)) return std::nullopt;
  const std::size_t texts = OrderStore::text_bytes(saved.row);
  saved.bytes = padded_to_8(at + texts + saved.life.payment_bytes);
  if (bytes.size() < saved.bytes) return std::nullopt;
  const char* const text = reinterpret_cast<const char*>(bytes.data()) + at;
  saved.texts = {text, texts};
  saved.payment = {text + texts, saved.life.payment_bytes};
  return saved;
}

std::size_t OrderStore::saved_bytes(OrderSlot slot) const {
  const OrderRow& row = rows_[slot.value];
  const std::size_t life = row.has_life ? sizeof(OrderLife) + lives_[slot.value].payment_bytes : 0;
  return padded_to_8(sizeof row + life + text_bytes(row));
}

void OrderStore::save(OrderSlot slot, std::span<std::byte> out) const {
  OrderRow row = rows_[slot.value];
  OrderLife life = lives_[slot.value];
  const char* const texts = texts_.at(row.text);
  const char* const payment = texts_.at(life.payment);
  row.text = 0;
  life.payment = 0;
  std::byte* at = out.data();
  const auto put = [&at](const void* bytes, std::size_t count) {
    if (count != 0) std::memcpy(at, bytes, count);
    at += count;
  };
  put(&row, sizeof row);
  if (row.has_life) put(&life, sizeof life);
  put(texts, text_bytes(row));
  if (row.has_life) put(payment, life.payment_bytes);
  DOORBUSTER_CHECK(at <= out.data() + out.size());
}

void OrderStore::restore(const SavedOrder& saved) {
  DOORBUSTER_CHECK(!full());
  const auto keep = [this](std::string_view text) {
    const std::uint64_t at = texts_.take(text.size());
    std::memcpy(texts_.at(at), text.data(), text.size());
    return at;
  };
  const OrderSlot slot = take_slot();
  OrderRow& row = rows_[slot.value];
  row = saved.row;
  row.text = keep(saved.texts);
  if (!row.has_life) return;
  OrderLife& life = lives_[slot.value];
  life = saved.life;
  if (!saved.payment.empty()) life.payment = keep(saved.payment);
}

bool OrderStore::index(OrderSlot slot, const Hash128& key_hash) {
  const OrderRow& row = rows_[slot.value];
  const OrderNumber number{row.number};
  if (row.is_part) {
    const OfferIndex offer{lives_[slot.value].part};
    if (find_part(number, offer)) return false;
    slot_by_part_.add(part_hash(number, offer), slot);
    return true;
  }
  if (number.ordinal() == 0 || find(number)) return false;
  slot_by_number_.add(number_hash(number), slot);
  if (row.key_bytes == 0) return true;
  if (find_key(key_hash, number.offer(), key(slot))) return false;
  slot_by_key_.add(key_hash.low, slot);
  return true;
}

}  // namespace doorbuster
