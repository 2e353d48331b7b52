#pragma once
// What a configuration comes to, found once and written twice: for people and for machines.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/offer_rules.h"

namespace doorbuster {

// What a rule makes of one item.
struct OfferByRule {
  const OfferConfiguration* offer = nullptr;
  std::int64_t lowest_price = 0;  // at any instant: price steps discount from the rule's price
};

struct CampaignSummary {
  const CampaignConfiguration* campaign = nullptr;
  CampaignState state{};
  std::optional<Tick> arms_at;  // it takes its stock out of the pool then
  std::uint64_t units = 0;
  Window window;                                 // that is open, else the next, else the last
  const OfferConfiguration* lowest = nullptr;    // the lowest price at any instant; null without offers
  std::int64_t lowest_price = 0;                 // of it
  const OfferConfiguration* discount = nullptr;  // the biggest at any instant; null when there is none
  std::int64_t discount_price = 0;               // of it
  std::vector<OfferRule> rules;
  std::vector<OfferByRule> by_rule;
};

// One SKU that two campaigns sell at the same time.
struct Overlap {
  std::string_view sku;
  const CampaignConfiguration* first = nullptr;
  const CampaignConfiguration* second = nullptr;
  Tick from, until;
};

// The next campaign that starts or ends, and when; null: none will.
struct NextEvent {
  const CampaignConfiguration* campaign = nullptr;
  Tick at;
};

// Pairs listed at most: where everything overlaps, there are as many as campaigns squared.
inline constexpr std::size_t kOverlapsListedMax = 1000;

struct Description {
  std::vector<CampaignSummary> campaigns;
  NextEvent next_start, next_end;
  std::size_t offers = 0;
  std::uint64_t units = 0;
  std::vector<Overlap> overlaps;
  bool more_overlaps = false;  // than are listed
  std::vector<std::string> warnings;
};

// Points into `configuration`.
Description describe(const Configuration& configuration, Tick now);

// The list price's part that the buyer saves, in hundredths of a percent, rounded down.
std::int64_t discount_basis_points(std::int64_t list_price, std::int64_t price);

// RFC 3339 in the machine's time zone, to the second.
std::string format_local(Tick tick);
// The name of that zone then: "CET".
std::string local_zone(Tick tick);

}  // namespace doorbuster
