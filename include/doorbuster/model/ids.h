#pragma once
// Numbers with names: two of them cannot be swapped by accident.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "doorbuster/base/hash.h"

namespace doorbuster {

// Whose data it is. The first tenant is there in every data folder; others are put by name.
struct TenantId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(TenantId, TenantId) = default;
};
inline constexpr TenantId kDefaultTenant{1};
inline constexpr std::string_view kDefaultTenantName = "default";

// A SKU of the catalog: dense, given in the order of definition, never reused.
struct ItemIndex {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(ItemIndex, ItemIndex) = default;
};

// A campaign of this data folder: dense, given in the order of definition, never reused.
struct CampaignIndex {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(CampaignIndex, CampaignIndex) = default;
};

// An offer (a SKU in a campaign) of this data folder: dense, given in the order of definition, never reused.
struct OfferIndex {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(OfferIndex, OfferIndex) = default;
};

// An order of this data folder: the offer and how many orders the offer had with it. It says who owns the
// order whatever the number of shards is, and replay gives the same number again.
struct OrderNumber {
  std::uint64_t value = 0;
  static constexpr int kOrdinalBits = 40;
  static constexpr OrderNumber make(OfferIndex offer, std::uint64_t ordinal) {
    return {(static_cast<std::uint64_t>(offer.value) << kOrdinalBits) | ordinal};
  }
  // What is told before it is durable (202) can be lost with the power, its number must name no other order
  // ever. So each start of the engine on its folder leaves out as many numbers of each offer as can be on
  // their way to the disk, for itself and for each start since that offer's last durable order:
  // the first of them is last_ordinal + (start - start of that) * kOrdinalsPerStart + 1.
  static constexpr std::uint64_t kOrdinalsPerStart = 1ULL << 18;
  constexpr OfferIndex offer() const { return {static_cast<std::uint32_t>(value >> kOrdinalBits)}; }
  constexpr std::uint64_t ordinal() const { return value & ((1ULL << kOrdinalBits) - 1); }
  friend constexpr auto operator<=>(OrderNumber, OrderNumber) = default;
};

// An order's public name: 26 characters of Crockford's base32 in lower case: a keyed tag of the number, and
// the number masked with a function of the tag. Unique for ever because both are keyed with the data folder;
// unguessable, and silent about how much has been sold, for the same reason.
inline constexpr std::size_t kOrderIdBytes = 26;
using OrderId = std::array<char, kOrderIdBytes>;
OrderId format_order_id(const HashKey& key, OrderNumber number);
// Nothing when the text is no id of this data folder.
std::optional<OrderNumber> parse_order_id(const HashKey& key, std::string_view text);

}  // namespace doorbuster
