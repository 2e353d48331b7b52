// Orders whose retention is over, as a payload.

#include <array>
#include <cstring>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "model/payload.h"

namespace doorbuster {
namespace {

struct ForgottenFixed {
  std::uint32_t retention_seconds;
  std::uint16_t orders;  // numbers: one word each
  std::uint16_t parts;   // behind them, numbers and offers: a word and a half each
};
static_assert(sizeof(ForgottenFixed) == 8);
constexpr std::size_t kPartBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
static_assert(sizeof(ForgottenFixed) + kForgottenPerRecordMax * kPartBytes <= kJournalRecordBytesMax);

template <typename Word>
void put_word(std::byte*& at, Word word) {
  std::memcpy(at, &word, sizeof word);
  at += sizeof word;
}

std::size_t parts_of(std::span<const ForgottenOrder> orders) {
  std::size_t parts = 0;
  for (const ForgottenOrder& order : orders) parts += order.part.has_value();
  return parts;
}

}  // namespace

std::size_t forgotten_payload_bytes(std::span<const ForgottenOrder> orders) {
  const std::size_t parts = parts_of(orders);
  return sizeof(ForgottenFixed) + (orders.size() - parts) * sizeof(std::uint64_t) + parts * kPartBytes;
}

std::size_t encode(const OrdersForgotten& value, std::span<std::byte> out) {
  const std::size_t parts = parts_of(value.orders);
  DOORBUSTER_CHECK(!value.orders.empty() && value.orders.size() <= kForgottenPerRecordMax);
  DOORBUSTER_CHECK(out.size() >= forgotten_payload_bytes(value.orders));
  std::byte* at = out.data();
  put_word(at, ForgottenFixed{.retention_seconds = value.retention_seconds,
                              .orders = static_cast<std::uint16_t>(value.orders.size() - parts),
                              .parts = static_cast<std::uint16_t>(parts)});
  for (const ForgottenOrder& order : value.orders) {
    if (!order.part) put_word(at, order.order.value);
  }
  for (const ForgottenOrder& order : value.orders) {
    if (!order.part) continue;
    put_word(at, order.order.value);
    put_word(at, order.part->value);
  }
  return static_cast<std::size_t>(at - out.data());
}

std::optional<OrdersForgotten> decode_orders_forgotten(std::span<const std::byte> payload,
                                                       ForgottenList& list) {
  Taker take(payload);
  const auto fixed = take.word<ForgottenFixed>();
  const std::size_t orders = fixed.orders, count = orders + fixed.parts;
  const bool in_bounds = count != 0 && count <= list.size() &&
                         fixed.retention_seconds >= kOrderRetentionSecondsMin &&
                         fixed.retention_seconds <= kOrderRetentionSecondsMax;
  if (!in_bounds) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    list[i] = {.order = {take.word<std::uint64_t>()}, .part = {}};
    if (i >= orders) list[i].part = OfferIndex{take.word<std::uint32_t>()};
  }
  if (!take.done()) return std::nullopt;
  return OrdersForgotten{.retention_seconds = fixed.retention_seconds,
                         .orders = std::span(list).first(count)};
}

}  // namespace doorbuster
