// What is checked when a life stands still: books against clients, replay against what is in memory, and that
// in the end nothing is stranded.

#include <algorithm>
#include <string>

#include "simulation/life.h"
#include "simulation/oracle.h"

namespace doorbuster::simulation {

// What the disk says, to somebody who only reads it: a copy, so that no planned fault is spent on it. Null
// when it is damaged and may be.
std::unique_ptr<Books> Simulation::read_books() {
  auto books = std::make_unique<Books>();
  MemoryStorage copy(storage_.files());
  const auto read = read_journal(copy, [&](const JournalRecord& record) { return books->apply(record); });
  if (!read) {
    require(is_damage_possible(), "the journal cannot be read: {}", read.error().message);
    return nullptr;
  }
  books->compare_stock();
  check_promises(*books, history_);
  return books;
}

// Until nobody has anything to do. REQUIRES: the clock stands still.
void Simulation::settle() {
  forget_faults();
  Life& life = *life_;
  life.is_settling = true;
  std::uint64_t rounds = 0;
  for (bool busy = true; busy;) {
    require(++rounds < 10'000, "the engine never comes to rest");
    busy = false;
    for (std::size_t i = 0; i < life.agents.size(); ++i) busy = life.agents[i]->do_work() != 0 || busy;
    if (busy) continue;
    life.waits = 0;
    busy = life.keeper->do_work() + life.alerts->do_work() != 0;
  }
  life.is_settling = false;
  clients_.hear(++step_);
  require(life.runtime->failed() || !clients_.wait_for_answers(), "a question is never answered");
  if (life.runtime->failed()) return;
  compare_with_live();
  ++summary_.settled;
}

void Simulation::compare_with_live() {
  const auto books = read_books();
  if (!books) return;
  require(books->state_hash() == life_->runtime->state_hash(),
          "replay gives another state than the one in memory");
}

// No hold lasts for ever, nobody waits for ever, and what is there can be bought.
void Simulation::settle_for_good() {
  const auto books = read_books();
  if (!books) return;
  // Some pay in time, the others' holds run out.
  for (const auto& [number, order] : books->orders()) {
    if (order.status == OrderStatus::held && dice_.percent(50)) clients_.confirm({number}, ++step_);
    if (step_ % 32 == 0) settle();
  }
  settle();
  for (int round = 0; round < 400; ++round) {
    clock_.advance_ns(30 * kNsPerSecond);
    settle();
    const auto now = read_books();
    if (!now) return;
    const bool any_held = std::any_of(now->orders().begin(), now->orders().end(), [](const auto& each) {
      const BookOrder& order = each.second;
      return std::any_of(order.lines.begin(), order.lines.end(),
                         [](const BookLine& line) { return line.status == OrderStatus::held; });
    });
    if (!any_held) return sell_what_is_left();
  }
  require(false, "a hold never runs out");
}

// With nothing held and nobody in line, every unit that is available can be bought, and not one more.
void Simulation::sell_what_is_left() {
  const auto books = read_books();
  if (!books) return;
  const Catalog& catalog = *life_->runtime->catalog();
  for (const Offer& offer : catalog.offers()) {
    const OfferPut& put = offer.definition;
    const CampaignPut& campaign = catalog.campaign(put.campaign).definition;
    const bool sells = put.listed && campaign.listed &&
                       campaign_phase(campaign, clock_.wall_now()).state == CampaignState::active;
    const auto first = std::find_if(books->orders().begin(), books->orders().end(), [&](const auto& each) {
      return each.second.lines.front().offer == put.offer && each.second.status == OrderStatus::waiting;
    });
    const bool quotas =
        std::any_of(put.plan.channel_quotas.begin(), put.plan.channel_quotas.end(),
                    [&](const ChannelQuota& quota) { return quota.until > clock_.wall_now(); });
    if (!sells || quotas) continue;
    const std::int64_t available = books->available(put.offer);
    if (first != books->orders().end()) {
      // What is there belongs to the line, and is too little for its first.
      require(available < first->second.quantity, "offer {}: {} units are left, and somebody waits for {}",
              put.offer.value, available, first->second.quantity);
      continue;
    }
    for (std::int64_t i = 0; i <= available; ++i) {
      const std::size_t attempt = clients_.buy_one(put.offer, ++step_);
      settle();
      const Outcome outcome = history_.attempts[attempt].outcome;
      const bool sold = outcome == Outcome::confirmed || outcome == Outcome::held;
      require(sold == (i < available), "offer {}: {} units were left, and buy {} is {}", put.offer.value,
              available, i + 1, outcome_code(outcome));
    }
  }
}

void Simulation::rot_at_rest() {
  const std::string where = storage_.rot(dice_.roll());
  if (where.empty()) return;
  trace_.line("fault: bits turn over in {}", where);
  has_rotten_ = true;
}

}  // namespace doorbuster::simulation
