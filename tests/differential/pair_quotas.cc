// What a quota promises, after every step: nobody takes from a channel what is kept for it.
#include <algorithm>

#include "differential/pair.h"

namespace doorbuster {

std::string Pair::check_promises(bool may_be_broken) {
  for (const auto& [name, offer] : twin_.offers()) {
    if (offer.rules.plan.channel_quotas.empty()) continue;
    const std::int64_t left = offer.rules.stock - twin_.sold(offer) - twin_.held(offer, now_);
    std::int64_t kept = 0;
    for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
      kept += twin_.kept(offer, quota.channel, now_);
    }
    // When the sale is over, what was kept is for whoever pays late.
    const bool is_free = may_be_broken || NaiveShop::is_over(*twin_.find_campaign(name.first), now_);
    const auto [promise, is_new] = promises_.try_emplace(name, kept <= left);
    if (!is_free && !is_new && promise->second && kept > left) return "others have got what was kept";
    promise->second = kept <= left;
    for (const ChannelQuota& quota : offer.rules.plan.channel_quotas) {
      if (!gives_what_is_kept(name, offer, quota.channel))
        return "a channel does not get what is kept for it";
    }
  }
  return "";
}

// Asks for all of it, as somebody whom no limit knows.
bool Pair::gives_what_is_kept(const NaiveShop::OfferName& name, const NaiveOffer& offer,
                              const std::string& channel) const {
  const bool waits = std::any_of(offer.line.begin(), offer.line.end(), [&](std::uint64_t number) {
    return offer.orders[number - 1].asked.channel == channel;
  });
  const OfferIndex index = index_of(name);
  // What has run out is free when somebody asks for it, and here nobody does.
  const OfferStock stock = world_.stock(index);
  const std::int64_t units = std::min(twin_.kept(offer, channel, now_), stock.available);
  if (waits || units <= 0 || stock.held != twin_.held(offer, now_)) return true;
  Buy buy = buy_of("stranger", {}, static_cast<std::uint32_t>(units), index);
  buy.channel = channel;
  const Outcome outcome = world_.owner(index).decide(buy, hash_buy(kTableKey, buy), now_).outcome;
  return outcome != Outcome::all_held && outcome != Outcome::sold_out;
}

}  // namespace doorbuster
